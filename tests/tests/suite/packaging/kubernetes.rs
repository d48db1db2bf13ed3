//! The manifests, rendered as `kubectl apply -k` would, and judged by what the programs need and by each other.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use glance_tests::Must;
use serde_json::Value;

use crate::shipped::{deploy, is_taken};

/// All objects.
fn objects() -> &'static [Value] {
    static OBJECTS: OnceLock<Vec<Value>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        let output = Command::new("kubectl").arg("kustomize").arg(deploy().join("kubernetes")).output();
        let output = output.must("kubectl (Debian package kubernetes-client)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split("\n---\n").map(|part| serde_saphyr::from_str(part).must(part)).collect()
    })
}

fn of_kind(kind: &str) -> Vec<&'static Value> {
    objects().iter().filter(|object| object["kind"] == kind).collect()
}

fn named(kind: &str, name: &str) -> &'static Value {
    let found = of_kind(kind).into_iter().find(|object| object["metadata"]["name"] == name);
    found.must(format!("no {kind} {name}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().must(format!("no text: {value}"))
}

fn pod(deployment: &Value) -> &Value {
    &deployment["spec"]["template"]["spec"]
}

/// The only container that goes on.
fn server(deployment: &Value) -> &Value {
    &pod(deployment)["containers"][0]
}

/// The words of its command line.
fn arguments(deployment: &Value) -> Vec<&str> {
    list(&server(deployment)["args"]).iter().map(text).collect()
}

/// The files of its configuration, below `/etc/glance`; those of secrets are not there.
fn files(deployment: &Value) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for volume in list(&pod(deployment)["volumes"]) {
        let mounted = |mount: &&Value| mount["name"] == volume["name"];
        let mount = list(&server(deployment)["volumeMounts"]).iter().find(mounted).must(volume.to_string());
        let Some(folder) = text(&mount["mountPath"]).strip_prefix("/etc/glance/") else { continue };
        let Some(name) = volume["configMap"]["name"].as_str() else {
            files.push((PathBuf::from(folder).join("secret.conf"), String::new()));
            continue;
        };
        for (file, content) in named("ConfigMap", name)["data"].as_object().must(name) {
            files.push((PathBuf::from(folder).join(file), text(content).to_owned()));
        }
    }
    files
}

/// The value of an option that some file of a deployment sets.
fn option(deployment: &Value, key: &str) -> Option<String> {
    let files = files(deployment);
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    let values = lines.filter_map(|line| line.split_once('=')).filter(|(name, _)| name.trim() == key);
    values.map(|(_, value)| value.trim().to_owned()).next_back()
}

#[test]
fn there_are_registries_and_two_kinds_of_nodes() {
    let names: Vec<&str> = of_kind("Deployment").iter().map(|one| text(&one["metadata"]["name"])).collect();
    assert_eq!(names, ["glance-api-internal", "glance-api-public", "glance-registry"]);
    for kind in ["Service", "PodDisruptionBudget"] {
        assert_eq!(of_kind(kind).len(), 3, "{kind}");
    }
    let switch = |name: &str, key: &str| option(named("Deployment", name), key);
    for key in ["show_image_direct_url", "show_multiple_locations", "enable_v1_api"] {
        assert_eq!(switch("glance-api-internal", key).as_deref(), Some("True"), "{key}");
        assert_eq!(switch("glance-api-public", key).as_deref(), Some("False"), "{key}");
    }
    for name in ["glance-api-internal", "glance-api-public"] {
        assert_eq!(switch(name, "flavor").as_deref(), Some("keystone"));
    }
}

#[test]
fn the_programs_take_their_configuration() {
    for deployment in of_kind("Deployment") {
        let words = arguments(deployment);
        is_taken(words[0], &words[1..], &files(deployment));
    }
}

/// Nobody writes the same rules twice in different words.
#[test]
fn the_rules_are_those_of_the_node_pairs() {
    for kind in ["internal", "public"] {
        let read = |folder: &str| {
            let path = deploy().join(folder).join(kind).join("policy.yaml");
            let text = std::fs::read_to_string(&path).must(path.display());
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(read("kubernetes"), read("nodes/etc"), "{kind}");
    }
}

#[test]
fn pods_are_closed_and_limited() {
    for deployment in of_kind("Deployment") {
        let pod = pod(deployment);
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(pod["automountServiceAccountToken"], false);
        for container in list(&pod["containers"]).iter().chain(list(&pod["initContainers"])) {
            let context = &container["securityContext"];
            assert_eq!(context["readOnlyRootFilesystem"], true, "{container}");
            assert_eq!(context["allowPrivilegeEscalation"], false, "{container}");
            assert_eq!(context["capabilities"]["drop"], serde_json::json!(["ALL"]), "{container}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{container}");
            assert!(container["resources"]["requests"]["cpu"].is_string(), "{container}");
            let image = text(&container["image"]);
            assert!(image.contains(':') && !image.ends_with(":latest"), "{image}");
        }
    }
}

#[test]
fn pods_tell_their_state_and_leave_in_order() {
    for deployment in of_kind("Deployment") {
        let server = server(deployment);
        assert_eq!(server["livenessProbe"]["httpGet"]["path"], "/healthcheck", "a dead registry restarts nobody");
        assert_eq!(server["readinessProbe"]["httpGet"]["path"], "/readyz");
        let port = &server["ports"][0];
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            assert_eq!(server[probe]["httpGet"]["port"], port["name"], "{probe}");
        }
        assert_eq!(option(deployment, "bind_port"), Some(port["containerPort"].to_string()));
        let pause: u64 = text(&server["lifecycle"]["preStop"]["exec"]["command"][1]).parse().must("seconds");
        let work: u64 = option(deployment, "graceful_shutdown_timeout").must("a time").parse().must("seconds");
        let grace = pod(deployment)["terminationGracePeriodSeconds"].as_u64().must("seconds");
        assert!(pause >= 3 && grace > pause + work, "{pause} + {work} in {grace}");
        assert!(deployment["spec"]["replicas"].as_u64() >= Some(2));
        assert_eq!(deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
    }
}

/// Services, budgets and the way in find the pods that they mean, and only those.
#[test]
fn selectors_and_ways_in_find_their_pods() {
    let matches = |selector: &Value, deployment: &Value| {
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        selector.as_object().must("a selector").iter().all(|(key, value)| labels[key] == *value)
    };
    let found = |selector: &Value| -> Vec<&str> {
        let deployments = of_kind("Deployment").into_iter().filter(|one| matches(selector, one));
        deployments.map(|one| text(&one["metadata"]["name"])).collect()
    };
    for deployment in of_kind("Deployment") {
        let name = text(&deployment["metadata"]["name"]);
        assert_eq!(found(&deployment["spec"]["selector"]["matchLabels"]), [name]);
        assert_eq!(found(&named("Service", name)["spec"]["selector"]), [name]);
        assert_eq!(found(&named("PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"]), [name]);
        let port = &named("Service", name)["spec"]["ports"][0];
        assert_eq!(port["targetPort"], server(deployment)["ports"][0]["name"]);
    }
    let registry = named("Deployment", "glance-api-public");
    assert_eq!(option(registry, "registry_host").as_deref(), Some("glance-registry"));
    for ingress in of_kind("Ingress") {
        assert!(!list(&ingress["spec"]["tls"]).is_empty());
        for path in list(&ingress["spec"]["rules"][0]["http"]["paths"]) {
            assert_eq!(path["backend"]["service"]["name"], "glance-api-public", "{path}");
            assert!(path["path"] != "/" || path["pathType"] == "Exact", "figures and states are shown: {path}");
        }
    }
}
