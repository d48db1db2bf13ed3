//! Tests of the rules.

use super::*;

const ALL: &str = "create = @\nread = @\nupdate = @\ndelete = @\n";

fn rules(text: &str) -> Protections {
    Protections::parse(text, Format::Roles).unwrap()
}

fn may(rules: &Protections, act: Act, property: &str, roles: &[&str]) -> bool {
    rules.permission(act, property).includes(roles.iter().copied(), |rule| rule == "allowed")
}

#[test]
fn the_first_section_that_matches_decides() {
    let rules = rules(
        "# who pays\n[^billing_]\ncreate = Billing, admin\nread = @\nupdate = admin,\n  auditor\ndelete = !\n\
         [secret]\ncreate=\nread: SPL_role\nupdate = !\ndelete = !\n\
         [^x[0-9]]+$]\nCREATE = @\nRead = @\nupdate = @\ndelete = @\n\
         [lling]\ncreate = @\nread = @\nupdate = @\ndelete = @\n",
    );
    let table: [(Act, &str, &[&str], bool); 18] = [
        (Act::Create, "billing_a", &["BILLING"], true),
        (Act::Create, "billing_a", &["member"], false),
        (Act::Read, "billing_a", &[], true),
        (Act::Update, "billing_a", &["auditor"], true),
        (Act::Update, "billing_a", &["reader", "Auditor"], true),
        (Act::Delete, "billing_a", &["admin"], false),
        // The first section refuses, though a later one would allow.
        (Act::Delete, "billing_secret", &["admin"], false),
        (Act::Delete, "my_billing_", &["nobody"], true),
        // Searched anywhere in the name.
        (Act::Read, "my_secret_key", &["spl_role"], true),
        (Act::Read, "my_secret_key", &["admin"], false),
        (Act::Create, "my_secret_key", &["spl_role", "admin"], false),
        (Act::Read, "x4]]", &[], true),
        (Act::Read, "x4", &[], false),
        // No section matches.
        (Act::Read, "free", &["admin"], false),
        (Act::Create, "free", &["admin"], false),
        (Act::Read, "", &["admin"], false),
        (Act::Read, "os_glance_failed_import", &[], true),
        (Act::Read, "my_os_glance", &["admin"], false),
    ];
    for (act, property, roles, allowed) in table {
        assert_eq!(may(&rules, act, property, roles), allowed, "{act:?} {property} {roles:?}");
    }
}

#[test]
fn names_of_the_service_are_not_the_operators_to_protect() {
    let rules = rules("[os_glance_mine]\nread = !\n[os_glance.*]\n[.]\ncreate = !\nread = !\nupdate = !\ndelete = !\n");
    assert!(may(&rules, Act::Read, "os_glance_mine", &[]));
    assert!(!may(&rules, Act::Read, "other", &["admin"]));
}

#[test]
fn policy_rules_are_asked_by_name() {
    let text = "[a]\ncreate = allowed\nread = other\nupdate = @\ndelete =\n";
    let rules = Protections::parse(text, Format::Policies).unwrap();
    let answers = [Act::Create, Act::Read, Act::Update, Act::Delete].map(|act| may(&rules, act, "a", &["allowed"]));
    assert_eq!(answers, [true, false, true, false]);
}

#[test]
fn sections_inherit_the_defaults() {
    let rules = rules(&format!("[DEFAULT]\n{ALL}[a]\nread = !\n"));
    assert!(may(&rules, Act::Create, "a", &[]) && !may(&rules, Act::Read, "a", &[]));
    assert!(!may(&rules, Act::Create, "DEFAULT", &[]));
}

#[test]
fn broken_rules_are_told() {
    let table = [
        (Format::Roles, "create = @\n".to_owned(), "line 1: a line must be a section's name"),
        (Format::Roles, "[a\n".into(), "line 1: a section's name must stand between brackets"),
        (Format::Roles, "[]\n".into(), "line 1: a section's name must stand between brackets"),
        (Format::Roles, "[a]\nnonsense\n".into(), "line 2: a line must be"),
        (Format::Roles, "[a]\nread = @\nREAD = !\n".into(), "line 3: the section has this key already"),
        (Format::Roles, format!("[a]\n{ALL}\n[a]\n{ALL}"), "line 7: the section is there already"),
        (Format::Roles, "[a]\n".into(), "section [a] does not say who may create"),
        (Format::Roles, format!("[secret]\n[.]\n{ALL}"), "section [secret] does not say who may create"),
        (Format::Roles, "[a]\ncreate = @\nread = @\nupdate = @\n".into(), "section [a] does not say who may delete"),
        (Format::Roles, format!("[a(]\n{ALL}"), "section [a(] is not a regular expression"),
        (Format::Roles, ALL.replace("read = @", "read = !,x,@").replace("create", "[a]\ncreate"), "exclude each other"),
        (Format::Policies, "[a]\ncreate = one, two\n".into(), "create = one, two: more than one policy rule"),
    ];
    for (format, text, part) in table {
        let said = Protections::parse(&text, format).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains(part), "{text:?}: {said}");
    }
}
