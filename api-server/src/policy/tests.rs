//! The rule language, the default rules and what operators make of them.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, ImageStatus, MemberStatus, Membership, Timestamp, Visibility};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::defaults::RuleDefault;
use super::*;
use crate::error::Situation;

fn caller(project: Option<&str>, roles: &[&str]) -> RequestContext {
    RequestContext {
        user_id: Some("u1".into()),
        project_id: project.map(str::to_owned),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        is_admin: roles.contains(&"admin"),
        is_admin_project: true,
        service_roles: vec!["Service".into()],
        request_id: "req-1".into(),
        ..RequestContext::default()
    }
}

fn image(visibility: Visibility, owner: Option<&str>) -> Image {
    let now = Timestamp::now();
    Image {
        id: ImageId::generate(),
        name: Some("n".into()),
        status: ImageStatus::Active,
        visibility,
        owner: owner.map(str::to_owned),
        size: Some(7),
        virtual_size: None,
        disk_format: None,
        container_format: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk: 0,
        min_ram: 5,
        protected: true,
        os_hidden: false,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        deleted: false,
        properties: [("os_distro".to_owned(), Some("debian".to_owned())), ("old".to_owned(), None)].into(),
        tags: vec![],
        locations: vec![],
        membership: None,
        version: 0,
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// Does a rule hold for project `p`, roles member and reader, and this target?
fn holds(rule: &Value, target: &Map<String, Value>) -> bool {
    let text = json!({ "probe": rule, "yes": "@", "no": "!" }).to_string();
    let enforcer = Enforcer::from_text(&text, true).unwrap();
    enforcer.allows_named(&caller(Some("p"), &["member", "reader"]), "probe", target)
}

#[test]
fn the_language_is_that_of_oslo() {
    let target = object(json!({
        "project_id": "p", "owner": "q", "none": null, "flag": true, "number": 42, "role": "member",
        "user": { "id": "u1", "domain": { "id": "d" } }, "dotted.key": "p", "list": ["p"], "percent": "50%",
    }));
    let table = [
        ("", true),
        ("   ", true),
        ("@", true),
        ("!", false),
        ("role:member", true),
        ("role:MEMBER", true),
        ("role:admin", false),
        ("role:%(role)s", true),
        ("role:%(missing)s", false),
        ("rule:yes", true),
        ("rule:no", false),
        ("rule:nowhere", false),
        ("not rule:nowhere", true),
        ("project_id:p", true),
        ("project_id:%(project_id)s", true),
        ("project_id:%(owner)s", false),
        ("project_id:%(missing)s", false),
        ("not project_id:%(missing)s", true),
        ("project_id:%(dotted.key)s", true),
        ("user_id:%(user.id)s", true),
        ("'d':%(user.domain.id)s", true),
        ("'d':%(user.domain)s", false),
        ("project_id:%(list)s", false),
        ("unknown_key:%(project_id)s", false),
        ("roles:%(role)s", true),
        ("service_roles:Service", true),
        ("'p':%(project_id)s", true),
        ("\"p\":%(project_id)s", true),
        ("'q':%(project_id)s", false),
        ("None:%(none)s", true),
        ("domain_id:%(none)s", true),
        ("'None':%(none)s", true),
        ("True:%(flag)s", true),
        ("False:%(flag)s", false),
        ("is_admin_project:True", true),
        ("42:%(number)s", true),
        ("'x-p-y':x-%(project_id)s-y", true),
        ("'50%':%(percent)s", true),
        ("'50%':50%%", true),
        ("! or @", true),
        ("! and @", false),
        ("@ or ! and !", true),
        ("(@ or !) and !", false),
        ("! and ! or @", true),
        ("not @ or @", true),
        ("not (@ or @)", false),
        ("not not @", true),
        ("((@))", true),
        ("(( @ and @ ) or !)", true),
        ("@ AND @ Or !", true),
        ("role:member\n  and project_id:%(project_id)s", true),
    ];
    for (rule, expected) in table {
        assert_eq!(holds(&json!(rule), &target), expected, "{rule}");
    }
}

#[test]
fn lists_of_lists_are_read_too() {
    let table = [
        (json!([]), true),
        (json!([[]]), false),
        (json!([["@"]]), true),
        (json!([["@", "!"]]), false),
        (json!([["@", "!"], ["role:member"]]), true),
        (json!(["role:admin", "role:member"]), true),
        (json!([["role:admin"], []]), false),
    ];
    for (rule, expected) in table {
        assert_eq!(holds(&rule, &Map::new()), expected, "{rule}");
    }
}

#[test]
fn what_is_no_rule_is_refused() {
    let deep = "(".repeat(200) + "@" + &")".repeat(200);
    let nots = "not ".repeat(200) + "@";
    let rules = [
        json!("nonsense"),
        json!(":x"),
        json!("role:a role:b"),
        json!("role:a and"),
        json!("and role:a"),
        json!("not"),
        json!("(role:a"),
        json!("role:a)"),
        json!("()"),
        json!("http://host/%(x)s"),
        json!("https:x"),
        json!("project_id:%(x"),
        json!("project_id:%(x)d"),
        json!("project_id:%()s"),
        json!("project_id:100%"),
        json!(deep),
        json!(nots),
        json!(null),
        json!(true),
        json!(1),
        json!({ "a": "b" }),
        json!([["role:a", 1]]),
        json!([{ "a": 1 }]),
        json!("rule:probe"),
        json!("not (role:a or rule:probe)"),
    ];
    for rule in rules {
        let text = json!({ "probe": rule }).to_string();
        assert!(Enforcer::from_text(&text, true).is_err(), "{rule}");
    }
}

#[test]
fn long_rows_of_references_are_refused_and_short_ones_hold() {
    let row = |length: usize| {
        let rules: Map<_, _> = (0..length)
            .map(|n| (format!("r{n}"), if n + 1 == length { json!("@") } else { json!(format!("rule:r{}", n + 1)) }))
            .collect();
        Enforcer::from_text(&Value::Object(rules).to_string(), true)
    };
    assert!(row(90).unwrap().allows_named(&caller(None, &[]), "r0", &NoTarget));
    assert!(row(5000).is_err());
}

#[test]
fn files_are_yaml_or_json() {
    let policies = [
        "get_images: \"!\"\n# a comment\nadd_image: '@'\n",
        "\"get_images\": \"!\"\nadd_image:\n  - [\"@\"]\n",
        "{\n\t\"get_images\": \"!\",\n\t\"add_image\": \"@\"\n}\n",
        "{get_images: '!', add_image: '@'}",
    ];
    let nobody = caller(None, &[]);
    for text in policies {
        let enforcer = Enforcer::from_text(text, true).unwrap();
        assert!(enforcer.allows(&nobody, Rule::AddImage, &NoTarget), "{text}");
        assert!(!enforcer.allows(&caller(None, &["admin"]), Rule::GetImages, &NoTarget), "{text}");
    }
    for text in ["", "# only a comment\n", "---\n"] {
        assert!(Enforcer::from_text(text, true).is_ok(), "{text:?}");
    }
    for text in [
        "- a\n- b\n",
        "get_images: [",
        "just text",
        "get_images: '@'\n  bad indent: x: y",
        "{\"a\": \"@\"",
        "a: '@'\na: '!'",
    ] {
        assert!(matches!(Enforcer::from_text(text, true), Err(PolicyError::Malformed { .. })), "{text:?}");
    }
}

#[test]
fn a_rule_that_nobody_defined_is_refused() {
    let admin = caller(Some("p"), &["admin"]);
    assert!(!Enforcer::from_text("", true).unwrap().allows_named(&admin, "frobnicate", &NoTarget));
    // The operator's own fallback is a definition.
    let enforcer = Enforcer::from_text("default: role:admin", true).unwrap();
    assert!(enforcer.allows_named(&admin, "frobnicate", &NoTarget));
    assert!(!enforcer.allows_named(&caller(None, &["member"]), "frobnicate", &NoTarget));
}

#[test]
fn tokens_without_project_scope_pass_no_rule() {
    let enforcer = Enforcer::from_text("", true).unwrap();
    let target = ProjectTarget(Some("p"));
    let admin = caller(Some("p"), &["admin"]);
    assert!(enforcer.allows(&admin, Rule::GetImages, &target));
    for scoped in [
        RequestContext { system_scope: Some("all".into()), ..admin.clone() },
        RequestContext { domain_id: Some("d".into()), ..admin.clone() },
    ] {
        assert!(!enforcer.allows(&scoped, Rule::GetImages, &target));
        assert!(!enforcer.allows_named(&scoped, "get_images", &target));
        assert!(enforcer.is_admin(&scoped), "being an administrator does not depend on the scope");
    }
    // Without any scope, both sides are "None".
    let unscoped = caller(None, &["member"]);
    assert!(enforcer.allows(&unscoped, Rule::AddImage, &NewImageTarget { owner: None, visibility: None }));
}

/// Who asks, in the order of the columns of the table below.
fn callers() -> [(&'static str, RequestContext, bool); 7] {
    [
        ("admin", caller(Some("a"), &["admin", "member", "reader"]), false),
        ("owner", caller(Some("o"), &["member", "reader"]), false),
        ("owner who may read", caller(Some("o"), &["reader"]), false),
        ("member", caller(Some("m"), &["member", "reader"]), true),
        ("stranger", caller(Some("s"), &["member", "reader"]), false),
        ("stranger without roles", caller(Some("s"), &[]), false),
        ("service", caller(Some("s"), &["service"]), false),
    ]
}

/// `+` allowed, `3` refused with 403, `4` refused with 404; columns as in [`callers`]. Strangers never get as far as the
/// policy on private and shared images: the lookup hides these.
const DEFAULTS: &str = "
    private   get_image              + + + . . . .
    private   modify_image           + + 3 . . . .
    private   delete_image           + + 3 . . . .
    private   upload_image           + + 3 . . . .
    private   download_image         + + 3 . . . .
    private   deactivate             + + 3 . . . .
    private   publicize_image        + 3 3 . . . .
    private   communitize_image      + + 3 . . . .
    private   set_image_location     + + 3 . . . .
    private   delete_image_location  + 3 3 . . . .
    private   get_image_location     + + + . . . .
    private   fetch_image_location   + 3 3 . . . .
    private   add_image_location     + + 3 . . . .
    private   copy_image             + 3 3 . . . .
    private   manage_image_cache     + 3 3 . . . .
    shared    get_image              + + + + . . .
    shared    modify_image           + + 3 3 . . .
    shared    delete_image           + + 3 3 . . .
    shared    download_image         + + 3 + . . .
    shared    add_member             + + 3 3 . . .
    shared    delete_member          + + 3 3 . . .
    shared    get_members            + + + + . . .
    shared    get_member             + + + + . . .
    shared    modify_member          + 3 3 + . . .
    community get_image              + + + + + 4 4
    community modify_image           + + 3 3 3 4 4
    community download_image         + + 3 + + 4 4
    community delete_image           + + 3 3 3 4 4
    public    get_image              + + + + + 4 4
    public    modify_image           + + 3 3 3 4 4
    public    delete_image           + + 3 3 3 4 4
    public    upload_image           + + 3 3 3 4 4
    public    download_image         + + 3 + + 4 4
    public    download_from_store    + + 3 + + 4 4
    public    reactivate             + + 3 3 3 4 4
    public    get_members            + + + 3 3 4 4
    public    fetch_image_location   + 3 3 3 3 4 +
    public    add_image_location     + + 3 3 3 4 +
";

#[test]
fn the_defaults_decide_by_role_operation_and_visibility() {
    let enforcer = Enforcer::from_text("", true).unwrap();
    for line in DEFAULTS.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let visibility = words.next().unwrap().parse().unwrap();
        let name = words.next().unwrap();
        let rule = *Rule::ALL.iter().find(|rule| rule.name() == name).unwrap();
        for ((who, caller, is_member), expected) in callers().into_iter().zip(words) {
            let mut image = image(visibility, Some("o"));
            image.membership = is_member.then_some(Membership { status: MemberStatus::Rejected, can_share: false });
            let outcome = match enforcer.enforce_on_image(&caller, rule, &image) {
                Ok(()) => "+",
                Err(error) if error.is_not_found() => "4",
                Err(error) => {
                    assert_eq!(*error.situation(), Situation::Forbidden);
                    let text = format!("You are not authorized to complete {name} action.");
                    assert_eq!(error.explanation(), Some(text.as_str()));
                    "3"
                }
            };
            assert!(expected == "." || outcome == expected, "{visibility} {name} {who}: {outcome}, not {expected}");
        }
    }
}

#[test]
fn the_built_in_rules_are_those_of_the_reference() {
    let mut own: Vec<_> = Rule::ALL
        .iter()
        .map(|rule| {
            let RuleDefault { name, check, legacy, project_scope, .. } = rule.default();
            let scope = if project_scope { "project" } else { "any" };
            format!("{name} | {check} | {} | {scope}", legacy.unwrap_or("-"))
        })
        .collect();
    own.sort();
    let recorded: Vec<_> = include_str!("../../../tests/golden/policy.txt").lines().collect();
    assert_eq!(own, recorded);
}

#[test]
fn creation_and_lists_are_asked_about_projects() {
    let enforcer = Enforcer::from_text("", true).unwrap();
    let member = caller(Some("p"), &["member", "reader"]);
    let create = |caller, owner| enforcer.allows(caller, Rule::AddImage, &NewImageTarget { owner, visibility: None });
    assert!(create(&member, Some("p")) && !create(&member, Some("q")) && !create(&member, None));
    assert!(create(&caller(Some("p"), &["admin"]), Some("q")));
    let list = |caller: &RequestContext| {
        enforcer.allows(caller, Rule::GetImages, &ProjectTarget(caller.project_id.as_deref()))
    };
    assert!(list(&member) && !list(&caller(Some("p"), &["member"])) && !list(&RequestContext::anonymous("r")));
    let by_visibility = Enforcer::from_text("add_image: \"'private':%(visibility)s\"", true).unwrap();
    let target = |visibility| NewImageTarget { owner: None, visibility };
    assert!(by_visibility.allows(&member, Rule::AddImage, &target(None)));
    assert!(!by_visibility.allows(&member, Rule::AddImage, &target(Some(Visibility::Public))));
}

#[test]
fn old_defaults_hold_on_request_but_not_over_the_operators_rules() {
    let anonymous = RequestContext::anonymous("r");
    let public = image(Visibility::Public, Some("o"));
    let old = Enforcer::from_text("", false).unwrap();
    assert!(old.enforce_on_image(&anonymous, Rule::GetImage, &public).is_ok());
    assert!(old.enforce_on_image(&anonymous, Rule::PublicizeImage, &public).is_err());
    let stranger = caller(Some("s"), &[]);
    let refusal = old.require_ownership(&stranger, Some("o"), "You do not own this image").unwrap_err();
    assert_eq!(refusal.explanation(), Some("You do not own this image"));
    assert!(old.require_ownership(&stranger, None, "").is_err());
    assert!(old.require_ownership(&caller(Some("o"), &[]), Some("o"), "").is_ok());
    assert!(old.require_ownership(&caller(None, &["admin"]), None, "").is_ok());
    assert!(Enforcer::from_text("", true).unwrap().require_ownership(&stranger, Some("o"), "").is_ok());
    let overridden = Enforcer::from_text("get_image: role:admin", false).unwrap();
    assert!(overridden.enforce_on_image(&anonymous, Rule::GetImage, &public).is_err());
    let closed = Enforcer::from_text("default: '!'", false).unwrap();
    assert!(closed.enforce_on_image(&anonymous, Rule::GetImage, &public).is_err(), "the old rules ask rule:default");
}

#[test]
fn images_show_their_attributes_and_properties() {
    let table = [
        ("'n':%(name)s", true),
        ("True:%(protected)s", true),
        ("False:%(os_hidden)s", true),
        ("5:%(min_ram)s", true),
        ("7:%(size)s", true),
        ("None:%(virtual_size)s", true),
        ("'active':%(status)s", true),
        ("'debian':%(os_distro)s", true),
        ("None:%(old)s", true),
        ("None:%(absent)s", false),
        ("None:%(locations)s", false),
        ("'set()':%(tags)s", false),
        ("not 'set()':%(tags)s", true),
        ("'{}':%(extra_properties)s", false),
        ("'o':%(owner)s", true),
        ("'s':%(member_id)s", true),
    ];
    let stranger = caller(Some("s"), &[]);
    let shared = image(Visibility::Shared, Some("o"));
    for (rule, expected) in table {
        let enforcer = Enforcer::from_text(&json!({ "get_image": rule }).to_string(), true).unwrap();
        assert_eq!(enforcer.enforce_on_image(&stranger, Rule::GetImage, &shared).is_ok(), expected, "{rule}");
    }
    let own = caller(Some("o"), &[]);
    assert_eq!(ImageTarget::new(&shared, &own).attribute("member_id"), Some(Attribute::Null));
    let public = image(Visibility::Public, Some("o"));
    assert_eq!(ImageTarget::new(&public, &stranger).attribute("member_id"), Some(Attribute::Null));
}

#[test]
fn administrators_are_whom_the_policy_calls_so() {
    let enforcer = Enforcer::from_text("context_is_admin: role:boss and project_id:hq", true).unwrap();
    assert!(enforcer.is_admin(&caller(Some("hq"), &["Boss"])));
    assert!(!enforcer.is_admin(&caller(Some("p"), &["boss"])) && !enforcer.is_admin(&caller(Some("hq"), &["admin"])));
}

#[test]
fn read_only_callers_change_nothing() {
    assert!(require_writer(&caller(None, &[])).is_ok());
    let refusal = require_writer(&RequestContext::anonymous("r")).unwrap_err();
    assert_eq!((refusal.situation(), refusal.detail()), (&Situation::Forbidden, Some("Read-only access")));
}

mod files {
    use std::fs;
    use std::path::Path;

    use glance_common::config::Multi;

    use super::*;

    fn load(folder: &Path, file: &str) -> Result<Enforcer, PolicyError> {
        let options = PolicyOptions { policy_file: file.into(), ..PolicyOptions::default() };
        Enforcer::load(options, vec![folder.to_owned()])
    }

    fn may_list(enforcer: &Enforcer, role: &str) -> bool {
        enforcer.allows(&caller(Some("p"), &[role]), Rule::GetImages, &NoTarget)
    }

    #[test]
    fn later_files_win_and_hidden_ones_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("policy.yaml"), "get_images: role:one\nadd_image: role:one").unwrap();
        fs::create_dir(folder.path().join("policy.d")).unwrap();
        fs::write(folder.path().join("policy.d/10.yaml"), "get_images: role:ten").unwrap();
        fs::write(folder.path().join("policy.d/20.json"), "{\"get_images\": \"role:twenty\"}").unwrap();
        fs::write(folder.path().join("policy.d/.99.yaml"), "get_images: '@'").unwrap();
        let enforcer = load(folder.path(), "policy.yaml").unwrap();
        assert!(may_list(&enforcer, "twenty") && !may_list(&enforcer, "ten") && !may_list(&enforcer, "one"));
        assert!(enforcer.allows(&caller(None, &["one"]), Rule::AddImage, &NoTarget));
    }

    #[test]
    fn only_the_default_file_may_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(may_list(&load(folder.path(), "policy.yaml").unwrap(), "admin"));
        assert!(matches!(load(folder.path(), "mine.yaml"), Err(PolicyError::Missing { .. })));
        fs::write(folder.path().join("policy.json"), "{\"get_images\": \"role:x\"}").unwrap();
        assert!(may_list(&load(folder.path(), "policy.yaml").unwrap(), "x"));
    }

    #[test]
    fn a_broken_file_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        for (text, part) in [("get_images: [", "is malformed"), ("get_images: nonsense", "rule get_images: 'nonsense'")]
        {
            fs::write(&file, text).unwrap();
            let error = load(folder.path(), "policy.yaml").err().unwrap().to_string();
            assert!(error.contains(part), "{error}");
        }
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(matches!(load(folder.path(), "policy.yaml"), Err(PolicyError::Unreadable { .. })));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(load(folder.path(), "policy.yaml").is_err());
    }

    #[test]
    fn changes_take_effect_and_broken_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        fs::write(&file, "get_images: role:one").unwrap();
        let options = PolicyOptions { policy_dirs: Multi(vec!["rules".into()]), ..PolicyOptions::default() };
        let enforcer = Enforcer::load(options, vec![folder.path().to_owned()]).unwrap();
        enforcer.reload_if_changed();
        assert!(may_list(&enforcer, "one"));
        fs::write(&file, "get_images: role:second").unwrap();
        enforcer.reload_if_changed();
        assert!(may_list(&enforcer, "second") && !may_list(&enforcer, "one"));
        fs::write(&file, "get_images: [[[").unwrap();
        enforcer.reload_if_changed();
        assert!(enforcer.reload().is_err());
        assert!(may_list(&enforcer, "second") && !may_list(&enforcer, "one"), "the old rules stay");
        fs::remove_file(&file).unwrap();
        enforcer.reload_if_changed();
        assert!(!may_list(&enforcer, "second") && may_list(&enforcer, "admin"), "the defaults come back");
        fs::create_dir(folder.path().join("rules")).unwrap();
        fs::write(folder.path().join("rules/a.yaml"), "get_images: role:third").unwrap();
        enforcer.reload_if_changed();
        assert!(may_list(&enforcer, "third"), "a new file in a folder is noticed");
    }
}

proptest! {
    #[test]
    fn reading_a_rule_never_panics(rule: String) {
        let _ = Enforcer::from_text(&json!({ "probe": rule }).to_string(), true);
    }

    #[test]
    fn reading_a_file_never_panics(text: String) {
        let _ = Enforcer::from_text(&text, false);
    }

    #[test]
    fn rules_of_known_words_are_read_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec!["(", ")", "and", "or", "not", "@", "!", "role:a", "rule:yes", "x:%(y)s", "((@"]),
            0..24,
        )
    ) {
        let text = json!({ "probe": words.join(" "), "yes": "@" }).to_string();
        if let Ok(enforcer) = Enforcer::from_text(&text, true) {
            let _ = enforcer.allows_named(&caller(None, &["a"]), "probe", &NoTarget);
        }
    }

    #[test]
    fn a_negated_rule_is_the_opposite(
        words in prop::collection::vec(prop::sample::select(vec!["@ and", "! and", "@ or", "! or", "not @ or"]), 0..10)
    ) {
        let rule = format!("{} !", words.join(" "));
        let target = Map::new();
        prop_assert_ne!(holds(&json!(rule), &target), holds(&json!(format!("not ({rule})")), &target));
    }
}
