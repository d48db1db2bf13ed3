//! Who asks: identity headers as an authenticating proxy would set them.

use serde_json::Value;

use crate::http::{Address, Answer, Body, Request};
use crate::must::Must;

/// An identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// No identity headers at all.
    Nobody,
    /// A confirmed identity.
    Known {
        /// Roles, comma separated.
        roles: String,
        /// Project id.
        project: String,
        /// User id.
        user: String,
    },
    /// Whoever this token was given to.
    Token(String),
}

impl Caller {
    /// A user of a project with these roles (comma separated).
    pub fn with_roles(roles: &str, project: &str) -> Self {
        let user = format!("user-{project}");
        Self::Known { roles: roles.into(), project: project.into(), user }
    }

    /// `roles:project[:user]`, as the scenarios write it; `nobody` has no identity.
    pub fn parse(text: &str) -> Self {
        if text == "nobody" {
            return Self::Nobody;
        }
        let mut parts = text.splitn(3, ':');
        let (roles, project) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let caller = Self::with_roles(roles, project);
        match (caller, parts.next()) {
            (Self::Known { roles, project, .. }, Some(user)) => Self::Known { roles, project, user: user.into() },
            (caller, _) => caller,
        }
    }

    /// The headers that tell a server of this identity.
    pub fn headers(&self) -> Vec<(String, String)> {
        let (roles, project, user) = match self {
            Self::Nobody => return Vec::new(),
            Self::Token(token) => return vec![("X-Auth-Token".into(), token.clone())],
            Self::Known { roles, project, user } => (roles, project, user),
        };
        [
            ("X-Identity-Status", "Confirmed"),
            ("X-Roles", roles),
            ("X-Project-Id", project),
            ("X-Tenant-Id", project),
            ("X-User-Id", user),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

/// A caller together with the server that it talks to.
#[derive(Debug, Clone)]
pub struct Client {
    /// The server.
    pub address: Address,
    /// The identity.
    pub caller: Caller,
}

impl Client {
    /// Starts any request.
    pub fn request(&self, method: &str, target: &str) -> Call {
        let mut request = Request::new(method, target);
        request.headers = self.caller.headers();
        Call { address: self.address.clone(), request }
    }

    /// Starts a GET.
    pub fn get(&self, target: &str) -> Call {
        self.request("GET", target)
    }

    /// Starts a POST with a JSON body.
    pub fn post(&self, target: &str, body: &Value) -> Call {
        self.request("POST", target).json(body)
    }

    /// Starts a PATCH in the dialect of API 2.1.
    pub fn patch(&self, target: &str, operations: &Value) -> Call {
        self.request("PATCH", target)
            .json(operations)
            .header("Content-Type", "application/openstack-images-v2.1-json-patch")
    }

    /// Starts a DELETE.
    pub fn delete(&self, target: &str) -> Call {
        self.request("DELETE", target)
    }

    /// Starts an upload to an image.
    pub fn upload(&self, id: &str, body: Body) -> Call {
        self.request("PUT", &format!("/v2/images/{id}/file"))
            .header("Content-Type", "application/octet-stream")
            .body(body)
    }

    /// The image as JSON.
    ///
    /// # Panics
    /// When it cannot be shown.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        self.get(&format!("/v2/images/{id}")).send().expect(200).json()
    }

    /// The image's status.
    ///
    /// # Panics
    /// When it cannot be shown.
    #[track_caller]
    pub fn status(&self, id: &str) -> String {
        self.show(id)["status"].as_str().unwrap_or_default().to_owned()
    }

    /// The image's data.
    ///
    /// # Panics
    /// When the answer is not 200.
    #[track_caller]
    pub fn download(&self, id: &str) -> Vec<u8> {
        self.get(&format!("/v2/images/{id}/file")).send().expect(200).body
    }
}

/// A request that knows where to go.
#[derive(Debug, Clone)]
pub struct Call {
    address: Address,
    request: Request,
}

impl Call {
    /// Adds a header, replacing earlier ones of that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sets a JSON body with its content type.
    #[must_use]
    pub fn json(mut self, value: &Value) -> Self {
        self.request = self.request.json(value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// The request itself, for tests that send it in their own way.
    pub fn into_request(self) -> Request {
        self.request
    }

    /// Sends it.
    ///
    /// # Panics
    /// When no complete answer arrives.
    #[track_caller]
    pub fn send(&self) -> Answer {
        let what = format!("{} {}", self.request.method, self.request.target);
        self.try_send().must(what)
    }

    /// Sends it.
    ///
    /// # Errors
    /// When no complete answer arrives.
    pub fn try_send(&self) -> std::io::Result<Answer> {
        self.request.send_to(&self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_read_from_their_short_form() {
        assert_eq!(Caller::parse("nobody"), Caller::Nobody);
        assert_eq!(Caller::parse("member,reader:p1"), Caller::with_roles("member,reader", "p1"));
        let named = Caller::parse("admin:p:u");
        assert!(matches!(named, Caller::Known { user, .. } if user == "u"));
    }
}
