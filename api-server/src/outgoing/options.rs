//! Which web addresses the service talks to for its users (import-tasks-stores-cache §1.8).

glance_common::options! {
    /// Web addresses that users may name: as a location, and as the source of an import. Where a list of what is allowed
    /// is set, the list of what is not is ignored.
    pub struct ImportFilteringOptions in "import_filtering_opts" {
        /// Schemes that are allowed; empty: all that can be fetched.
        pub allowed_schemes: Vec<String> = vec!["http".to_owned(), "https".to_owned()];
        /// Schemes that are refused.
        pub disallowed_schemes: Vec<String> = Vec::new();
        /// Hosts that are allowed, as names or addresses; empty: all. A host of this list may also have an address that is
        /// refused otherwise.
        pub allowed_hosts: Vec<String> = Vec::new();
        /// Hosts that are refused, as names or addresses.
        pub disallowed_hosts: Vec<String> = Vec::new();
        /// Ports that are allowed; empty: all.
        pub allowed_ports: Vec<u16> = vec![80, 443];
        /// Ports that are refused.
        pub disallowed_ports: Vec<u16> = Vec::new();
        /// Allow hosts with addresses of private networks, as Glance does. Addresses of this machine and link-local ones,
        /// where clouds keep their metadata services, stay refused.
        pub allow_private_addresses: bool = false;
    }
}
