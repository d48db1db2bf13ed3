//! The rules of the Images API and what they say unless the operator says otherwise (images-v2 §4.3).

/// A rule and its default text.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuleDefault {
    /// Name in policy files.
    pub name: &'static str,
    /// What it guards.
    pub doc: &'static [&'static str],
    /// The rule itself.
    pub check: &'static str,
    /// What is allowed beside it with `enforce_new_defaults = false`.
    pub legacy: Option<&'static str>,
    /// Holds for tokens with project scope only (images-v2 §3.4).
    pub project_scope: bool,
}

/// Declares the enum of rules together with their defaults.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal $(in $any_scope:ident)?: $check:expr $(, legacy $legacy:literal)?;)+) => {
        /// A rule that the service asks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(super) const fn default(self) -> RuleDefault {
                match self {
                    $(Self::$variant => RuleDefault {
                        name: $name,
                        doc: &[$($doc),+],
                        check: $check,
                        legacy: rules!(@legacy $($legacy)?),
                        project_scope: rules!(@scope $($any_scope)?),
                    },)+
                }
            }
        }
    };
    (@legacy) => { None };
    (@legacy $legacy:literal) => { Some($legacy) };
    (@scope) => { true };
    (@scope any_scope) => { false };
}

impl Rule {
    /// The name in policy files and in refusals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.default().name
    }
}

/// Whoever may change the owner's images.
const WRITER: &str = "rule:context_is_admin or (role:member and project_id:%(project_id)s)";
/// Whoever may read the owner's things.
const OWNING_READER: &str = "rule:context_is_admin or (role:reader and project_id:%(project_id)s)";
/// Whoever may fetch the data of a visible image.
const DOWNLOADER: &str = "rule:context_is_admin or (role:member and (project_id:%(project_id)s or \
    project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))";
/// Whoever may read membership.
const MEMBERSHIP_READER: &str =
    "rule:context_is_admin or role:reader and (project_id:%(project_id)s or project_id:%(member_id)s)";
/// Whoever may read the definitions of a visible namespace (metadefs §3).
const NAMESPACE_READER: &str =
    "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))";

rules! {
    /// What rules of the operator fall back to.
    Default = "default" in any_scope: "", legacy "rule:context_is_admin";
    /// Who is an administrator.
    ContextIsAdmin = "context_is_admin" in any_scope: "role:admin";
    /// Who is another service of the cloud.
    ServiceApi = "service_api" in any_scope: "role:service or role:admin";
    /// Create an image.
    AddImage = "add_image":
        "rule:context_is_admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)",
        legacy "rule:default";
    /// See an image.
    GetImage = "get_image":
        "rule:context_is_admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s or \
         'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))",
        legacy "rule:default";
    /// List images.
    GetImages = "get_images": OWNING_READER, legacy "rule:default";
    /// Change an image.
    ModifyImage = "modify_image": WRITER, legacy "rule:default";
    /// Delete an image.
    DeleteImage = "delete_image": WRITER, legacy "rule:default";
    /// Make an image public.
    PublicizeImage = "publicize_image": "rule:context_is_admin";
    /// Make an image a community image.
    CommunitizeImage = "communitize_image": WRITER, legacy "rule:default";
    /// Upload data.
    UploadImage = "upload_image": WRITER, legacy "rule:default";
    /// Download data.
    DownloadImage = "download_image": DOWNLOADER, legacy "rule:default";
    /// Say from which store to download.
    DownloadFromStore = "download_from_store": DOWNLOADER;
    /// Deactivate an image.
    Deactivate = "deactivate": WRITER, legacy "rule:default";
    /// Reactivate an image.
    Reactivate = "reactivate": WRITER, legacy "rule:default";
    /// Add or replace locations by PATCH.
    SetImageLocation = "set_image_location": WRITER, legacy "rule:default";
    /// Remove locations by PATCH, and data from a store.
    DeleteImageLocation = "delete_image_location": "rule:context_is_admin", legacy "rule:default";
    /// Remove data from a store.
    GetImageLocation = "get_image_location": OWNING_READER, legacy "rule:default";
    /// Add a location by its own call.
    AddImageLocation = "add_image_location":
        "rule:service_api or (role:member and project_id:%(project_id)s and project_id:%(owner)s)";
    /// Read locations by their own call.
    FetchImageLocation = "fetch_image_location": "rule:service_api";
    /// Offer an image to a project.
    AddMember = "add_member": WRITER, legacy "rule:default";
    /// Withdraw the offer.
    DeleteMember = "delete_member": WRITER, legacy "rule:default";
    /// See one member.
    GetMember = "get_member": MEMBERSHIP_READER, legacy "rule:default";
    /// List the members.
    GetMembers = "get_members": MEMBERSHIP_READER, legacy "rule:default";
    /// Accept or reject an offer.
    ModifyMember = "modify_member":
        "rule:context_is_admin or (role:member and project_id:%(member_id)s)", legacy "rule:default";
    /// Import by copying between stores.
    CopyImage = "copy_image": "rule:context_is_admin";
    /// Manage the image cache.
    ManageImageCache = "manage_image_cache": "rule:context_is_admin";
    /// See on which nodes an image is cached.
    ListCachedNodes = "list_cached_nodes": "rule:context_is_admin";
    /// Queue an image for the cache.
    CacheImage = "cache_image": "rule:context_is_admin", legacy "rule:manage_image_cache";
    /// See what is cached and queued.
    CacheList = "cache_list": "rule:context_is_admin", legacy "rule:manage_image_cache";
    /// Take images out of the cache.
    CacheDelete = "cache_delete": "rule:context_is_admin", legacy "rule:manage_image_cache";
    /// Remove what is broken from the cache.
    CacheClean = "cache_clean": "rule:context_is_admin";
    /// Shrink the cache to its size.
    CachePrune = "cache_prune": "rule:context_is_admin";
    /// See the types and properties of the stores.
    StoresInfoDetail = "stores_info_detail":
        "rule:context_is_admin or rule:service_api", legacy "rule:context_is_admin";
    /// See a task; asked beside `tasks_api_access`.
    GetTask = "get_task": "rule:default", legacy "rule:default";
    /// List tasks.
    GetTasks = "get_tasks": "rule:default", legacy "rule:default";
    /// Start a task.
    AddTask = "add_task": "rule:default", legacy "rule:default";
    /// Change a task.
    ModifyTask = "modify_task": "rule:default";
    /// Use the tasks API at all.
    TasksApiAccess = "tasks_api_access": "rule:context_is_admin";
    /// What readers of definitions were asked before they had rules of their own.
    MetadefDefault = "metadef_default" in any_scope: "";
    /// Who may write definitions.
    MetadefAdmin = "metadef_admin" in any_scope: "rule:context_is_admin";
    /// See a namespace.
    GetMetadefNamespace = "get_metadef_namespace": NAMESPACE_READER, legacy "rule:metadef_default";
    /// List namespaces.
    GetMetadefNamespaces = "get_metadef_namespaces": OWNING_READER, legacy "rule:metadef_default";
    /// Change a namespace.
    ModifyMetadefNamespace = "modify_metadef_namespace": "rule:metadef_admin";
    /// Create a namespace.
    AddMetadefNamespace = "add_metadef_namespace": "rule:metadef_admin";
    /// Delete a namespace.
    DeleteMetadefNamespace = "delete_metadef_namespace": "rule:metadef_admin";
    /// See an object.
    GetMetadefObject = "get_metadef_object": NAMESPACE_READER, legacy "rule:metadef_default";
    /// List objects.
    GetMetadefObjects = "get_metadef_objects": NAMESPACE_READER, legacy "rule:metadef_default";
    /// Change an object.
    ModifyMetadefObject = "modify_metadef_object": "rule:metadef_admin";
    /// Create an object.
    AddMetadefObject = "add_metadef_object": "rule:metadef_admin";
    /// Delete an object.
    DeleteMetadefObject = "delete_metadef_object": "rule:metadef_admin";
    /// List resource types.
    ListMetadefResourceTypes = "list_metadef_resource_types": NAMESPACE_READER, legacy "rule:metadef_default";
    /// See the resource types of a namespace.
    GetMetadefResourceType = "get_metadef_resource_type": NAMESPACE_READER, legacy "rule:metadef_default";
    /// Tie a resource type to a namespace.
    AddMetadefResourceTypeAssociation = "add_metadef_resource_type_association": "rule:metadef_admin";
    /// Untie it.
    RemoveMetadefResourceTypeAssociation = "remove_metadef_resource_type_association": "rule:metadef_admin";
    /// See a property.
    GetMetadefProperty = "get_metadef_property": NAMESPACE_READER, legacy "rule:metadef_default";
    /// List properties.
    GetMetadefProperties = "get_metadef_properties": NAMESPACE_READER, legacy "rule:metadef_default";
    /// Change a property.
    ModifyMetadefProperty = "modify_metadef_property": "rule:metadef_admin";
    /// Create a property.
    AddMetadefProperty = "add_metadef_property": "rule:metadef_admin";
    /// Remove a property.
    RemoveMetadefProperty = "remove_metadef_property": "rule:metadef_admin";
    /// See a tag.
    GetMetadefTag = "get_metadef_tag": NAMESPACE_READER, legacy "rule:metadef_default";
    /// List tags.
    GetMetadefTags = "get_metadef_tags": NAMESPACE_READER, legacy "rule:metadef_default";
    /// Change a tag.
    ModifyMetadefTag = "modify_metadef_tag": "rule:metadef_admin";
    /// Create a tag.
    AddMetadefTag = "add_metadef_tag": "rule:metadef_admin";
    /// Replace all tags.
    AddMetadefTags = "add_metadef_tags": "rule:metadef_admin";
    /// Delete a tag.
    DeleteMetadefTag = "delete_metadef_tag": "rule:metadef_admin";
    /// Delete all tags.
    DeleteMetadefTags = "delete_metadef_tags": "rule:metadef_admin";
}
