"""Tempest's tests of the image API against our servers. usage: tempest_image.py STAGE BIN_FOLDER [REGEX]"""

import configparser
import os
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "clients"))
from stage import Stage  # noqa: E402



def configuration(stage, folder):
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
        "image": {"catalog_type": "image", "endpoint_type": "public", "region": "RegionOne"},
        "image-feature-enabled": {
            "os_glance_reserved": "True",
            "import_image": os.environ.get("IMPORT_IMAGE", "False"),
            "do_secure_hash": "True",
            "http_store_enabled": "True",
            "image_cache_enabled": "False",
        },
        "enforce_scope": {"glance": "True"},
    }
    parser = configparser.ConfigParser()
    parser.read_dict(sections)
    path = os.path.join(folder, "tempest.conf")
    with open(path, "w", encoding="utf-8") as file:
        parser.write(file)
    return path


def run(stage, folder, bins, regex):
    """Runs the tests; gives their outcomes by name, and the reasons of those that failed or were skipped."""
    def tempest(*words, **more):
        return subprocess.run([os.path.join(bins, "tempest"), *words], cwd=folder, text=True, **more)

    tempest("init", "work", check=True, capture_output=True)
    path = configuration(stage, folder)
    work = os.path.join(folder, "work")
    subprocess.run([os.path.join(bins, "tempest"), "run", "--config-file", path, "--regex", regex, "--concurrency", "2"],
                   cwd=work, text=True, stdout=subprocess.DEVNULL)
    stream = subprocess.run([os.path.join(bins, "stestr"), "last", "--subunit"], cwd=work, capture_output=True).stdout
    from subunit import ByteStreamToStreamResult
    from testtools import StreamToDict
    import io
    outcomes = {}

    def keep(test):
        details = {name: detail.as_text() for name, detail in test["details"].items() if detail.content_type.type == "text"}
        outcomes[test["id"]] = (test["status"], details)

    result = StreamToDict(keep)
    result.startTestRun()
    ByteStreamToStreamResult(io.BytesIO(stream), non_subunit_name="output").run(result)
    result.stopTestRun()
    return outcomes


def main():
    program, bins, *rest = sys.argv[1:]
    bins = os.path.abspath(bins)
    regex = rest[0] if rest else r"^tempest\.api\.image"
    with tempfile.TemporaryDirectory(prefix="glance-interop-") as folder, Stage(program) as stage:
        outcomes = run(stage, folder, bins, regex)
    tests = sorted((name, *outcome) for name, outcome in outcomes.items() if name != "output")
    for name, status, details in tests:
        print(f"{status:8} {name}")
        if status == "skip":
            print(f"         {details.get('reason', '').strip()}")
        elif status != "success":
            print(details.get("traceback", "\n".join(details.values())))
    count = lambda status: sum(1 for test in tests if test[1] == status)
    failed = len(tests) - count("success") - count("skip")
    print(f"passed {count('success')}, failed {failed}, skipped {count('skip')}")
    sys.exit(1 if failed or not count("success") else 0)


main()
