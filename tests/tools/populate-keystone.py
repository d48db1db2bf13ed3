"""Fills a freshly bootstrapped Keystone for the tests, through its own API, without a server.

The application is called in this process. Users and what they may do are the table below; the
password of NAME is "secret-of-NAME". Prints the ids of everything as JSON.
"""
import json
import sys

from keystone.wsgi.api import application
from werkzeug.test import Client

DOMAIN = "default"
PROJECTS = ["service", "blue", "red"]
# user: project -> roles
GRANTS = {
    "glance": {"service": ["service"]},
    "nova": {"service": ["service"]},
    "blue-member": {"blue": ["member", "reader"]},
    "blue-reader": {"blue": ["reader"]},
    "red-member": {"red": ["member", "reader"]},
    "both": {"blue": ["member", "reader"], "red": ["reader"]},
    "blue-admin": {"blue": ["admin", "member", "reader"]},
}
SYSTEM = {"admin": ["admin"], "glance": ["reader"]}
DOMAINS = {"admin": ["admin"]}
LIMITS = {
    "image_size_total": 1000,
    "image_stage_total": 1000,
    "image_count_total": 100,
    "image_count_uploading": 10,
}

client = Client(application)
token = None


def call(method, path, body=None):
    headers = {"X-Auth-Token": token} if token else {}
    answer = client.open(f"/v3{path}", method=method, json=body, headers=headers)
    if answer.status_code >= 400:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.get_data(as_text=True)}")
    return answer


def make(kind, **fields):
    """Makes an object and gives its id."""
    return call("POST", f"/{kind}s", {kind: fields}).json[kind]["id"]


def find(kind, name):
    """The id of the object that has this name."""
    return call("GET", f"/{kind}s?name={name}").json[f"{kind}s"][0]["id"]


token = call("POST", "/auth/tokens", {"auth": {
    "identity": {"methods": ["password"], "password": {"user": {
        "name": "admin", "domain": {"id": DOMAIN}, "password": "secret-of-admin"}}},
    "scope": {"project": {"name": "admin", "domain": {"id": DOMAIN}}}}}).headers["X-Subject-Token"]

existing = {role["name"]: role["id"] for role in call("GET", "/roles").json["roles"]}
roles = {name: existing.get(name) or make("role", name=name) for name in ["admin", "member", "reader", "service"]}
projects = {name: make("project", name=name, domain_id=DOMAIN) for name in PROJECTS}
projects["admin"] = find("project", "admin")
users = {name: make("user", name=name, domain_id=DOMAIN, password=f"secret-of-{name}") for name in GRANTS}
users["admin"] = find("user", "admin")

for user, places in GRANTS.items():
    for project, names in places.items():
        for role in names:
            call("PUT", f"/projects/{projects[project]}/users/{users[user]}/roles/{roles[role]}")
for base, grants in [("/system", SYSTEM), (f"/domains/{DOMAIN}", DOMAINS)]:
    for user, names in grants.items():
        for role in names:
            call("PUT", f"{base}/users/{users[user]}/roles/{roles[role]}")

image = make("service", type="image", name="glance")
endpoints = {}
for interface in ["public", "internal", "admin"]:
    endpoints[interface] = make("endpoint", service_id=image, interface=interface, region_id="RegionOne",
                                url="http://@IMAGE@")
call("POST", "/registered_limits", {"registered_limits": [
    {"service_id": image, "region_id": "RegionOne", "resource_name": name, "default_limit": limit}
    for name, limit in LIMITS.items()]})

print(json.dumps({"users": users, "projects": projects, "roles": roles, "image_service": image,
                  "image_endpoint": endpoints["public"]}))
