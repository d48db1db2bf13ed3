//! Names to addresses, only those that pass.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;

use super::{Refused, UrlJudge};

/// How long a name may take to be resolved.
const PATIENCE: Duration = Duration::from_secs(10);

/// All addresses of a name; the port means nothing.
pub(super) async fn look_up(name: &str) -> io::Result<impl Iterator<Item = SocketAddr>> {
    let found = timeout(PATIENCE, tokio::net::lookup_host((name.to_owned(), 0))).await;
    found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// The resolver of clients that fetch for users.
pub(super) struct Judging {
    judge: Arc<UrlJudge>,
    trusted: Vec<String>,
}

impl Judging {
    pub(super) fn new(judge: Arc<UrlJudge>, trusted: Vec<String>) -> Self {
        Self { judge, trusted }
    }
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let judge = (!self.trusted.iter().any(|host| host.eq_ignore_ascii_case(name.as_str())))
            .then(|| Arc::clone(&self.judge));
        Box::pin(async move {
            let found = look_up(name.as_str()).await?;
            let admitted = match judge {
                Some(judge) => judge.admitted(name.as_str(), found),
                None => found.collect(),
            };
            if admitted.is_empty() {
                return Err(Refused("none of its addresses is allowed").into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}
