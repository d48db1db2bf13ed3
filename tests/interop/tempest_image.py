"""Tempest's tests of the image API against our servers. usage: tempest_image.py STAGE BIN_FOLDER [REGEX]"""

import configparser
import functools
import http.server
import io
import os
import re
import subprocess
import sys
import tempfile
import threading

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "clients"))
from stage import Stage  # noqa: E402



# What the tests want of the server: locations that clients may set, also on this machine, and content that is no image
# of its format.
OPTIONS = [
    "DEFAULT.show_multiple_locations=True",
    "image_format.require_image_format_match=False",
    "import_filtering_opts.allowed_hosts=[127.0.0.1]",
    "import_filtering_opts.allowed_ports=[]",
]


def configuration(stage, folder, picture):
    sections = {
        "oslo_concurrency": {"lock_path": os.path.join(folder, "locks")},
        "auth": {
            "use_dynamic_credentials": "True",
            "admin_username": "admin",
            "admin_password": stage.facts["PASSWORD_admin"],
            "admin_project_name": "admin",
            "admin_domain_name": "Default",
            "default_credentials_domain_name": "Default",
            "tempest_roles": "member",
        },
        "identity": {
            "auth_version": "v3",
            "uri_v3": stage.facts["AUTH_URL"],
            "region": "RegionOne",
            "v3_endpoint_type": "public",
            "admin_role": "admin",
            "default_domain_id": "default",
        },
        "service_available": {
            "glance": "True", "nova": "False", "neutron": "False", "cinder": "False", "swift": "False",
        },
        "image": {
            "catalog_type": "image", "endpoint_type": "public", "region": "RegionOne", "http_image": picture,
        },
        "image-feature-enabled": {
            "os_glance_reserved": "True",
            "import_image": os.environ.get("IMPORT_IMAGE", "False"),
            "manage_locations": "True",
            "image_format_enforcement": "False",
            "do_secure_hash": "True",
            "http_store_enabled": "True",
        },
        "enforce_scope": {"glance": "True"},
    }
    parser = configparser.ConfigParser()
    parser.read_dict(sections)
    path = os.path.join(folder, "tempest.conf")
    with open(path, "w", encoding="utf-8") as file:
        parser.write(file)
    return path


class Pictures(http.server.SimpleHTTPRequestHandler):
    """A web server that says nothing."""

    def log_message(self, *_):
        pass


def serve(folder):
    """The address of a file on a web server, for tests that add it as a location."""
    with open(os.path.join(folder, "picture"), "wb") as file:
        file.write(bytes(range(256)) * 4000)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pictures, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/picture"


def run(stage, folder, bins, regex):
    """Runs the tests; gives their outcomes by name, and the reasons of those that failed or were skipped."""
    # Tempest notes in the home folder which workspaces there are
    environment = {**os.environ, "HOME": folder}

    def tempest(*words, **more):
        return subprocess.run([os.path.join(bins, "tempest"), *words], env=environment, text=True, **more)

    made = tempest("init", "work", cwd=folder, capture_output=True)
    if made.returncode != 0:
        raise SystemExit(f"tempest init: {made.stdout}{made.stderr}")
    path = configuration(stage, folder, serve(folder))
    work = os.path.join(folder, "work")
    tempest("run", "--config-file", path, "--regex", regex, "--concurrency", "1", cwd=work, stdout=subprocess.DEVNULL)
    stream = subprocess.run([os.path.join(bins, "stestr"), "last", "--subunit"], cwd=work, capture_output=True).stdout
    from subunit import ByteStreamToStreamResult
    from testtools import StreamToDict
    outcomes = {}

    def keep(test):
        details = {name: detail.as_text() for name, detail in test["details"].items() if detail.content_type.type == "text"}
        outcomes[test["id"]] = (test["status"], details)

    result = StreamToDict(keep)
    result.startTestRun()
    ByteStreamToStreamResult(io.BytesIO(stream), non_subunit_name="output").run(result)
    result.stopTestRun()
    return outcomes


def not_landed():
    """Patterns of tests of features that do not exist yet, with their reasons."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "not-landed.txt"), encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return [(re.compile(pattern), reason.strip()) for pattern, _, reason in (line.partition(" ") for line in lines)]


def verdict(name, status, patterns):
    """The word for an outcome, and a reason where the pattern of a missing feature has one."""
    reason = next((reason for pattern, reason in patterns if pattern.search(name)), None)
    if status in ("success", "skip"):
        return {"success": "passed", "skip": "skipped"}[status], reason and f"landed: take it out of the list ({reason})"
    return ("not landed", reason) if reason else ("FAILED", None)


def main():
    program, bins, *rest = sys.argv[1:]
    bins = os.path.abspath(bins)
    regex = rest[0] if rest else r"^tempest\.api\.image"
    patterns = not_landed()
    with tempfile.TemporaryDirectory(prefix="glance-interop-") as folder, Stage(program, *OPTIONS) as stage:
        outcomes = run(stage, folder, bins, regex)
    counts = {"passed": 0, "FAILED": 0, "not landed": 0, "skipped": 0}
    for name, (status, details) in sorted(outcomes.items()):
        if name == "output":
            continue
        word, reason = verdict(name, status, patterns)
        counts[word] += 1
        print(f"{word:10} {name}")
        if word == "skipped":
            reason = details.get("reason", "").strip()
        elif word == "FAILED":
            reason = details.get("traceback", "\n".join(details.values()))
        if reason:
            print(f"           {reason}")
    print(", ".join(f"{word.lower()} {count}" for word, count in counts.items()))
    sys.exit(1 if counts["FAILED"] or not counts["passed"] else 0)


main()
