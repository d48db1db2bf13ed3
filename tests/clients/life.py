"""The life of an image in the hands of three real clients. usage: life.py STAGE BIN_FOLDER"""

import hashlib
import json
import os
import pty
import subprocess
import sys
import tempfile
import traceback

from stage import Stage

DATA = bytes(range(256)) * 12_000
DIGEST = hashlib.sha512(DATA).hexdigest()


def check(wanted, found, what):
    if wanted != found:
        raise AssertionError(f"{what}: {wanted!r} wanted, {found!r} found")


def contains(part, whole, what):
    if part not in whole:
        raise AssertionError(f"{what}: {part!r} is not in {whole!r}")


class Program:
    """A command line client as one user."""

    def __init__(self, program, environment):
        self.program, self.environment = program, environment

    def end(self, *words):
        """Runs it; its standard input is a terminal, since programs take other ones for data."""
        ours, theirs = pty.openpty()
        try:
            return subprocess.run([self.program, *words], env=self.environment, stdin=theirs, capture_output=True,
                                  text=True, timeout=120)
        finally:
            os.close(ours)
            os.close(theirs)

    def run(self, *words):
        ended = self.end(*words)
        if ended.returncode != 0:
            raise AssertionError(f"{' '.join(words)} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
        return ended.stdout

    def run_watched(self, *words):
        """Runs it with a terminal for its output too, where alone it shows progress."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([self.program, *words], env=self.environment, stdin=theirs, stdout=theirs,
                                   stderr=theirs)
        os.close(theirs)
        printed = b""
        try:
            while piece := os.read(ours, 65536):
                printed += piece
        except OSError:
            pass  # how the end of a terminal is told
        finally:
            os.close(ours)
        text = printed.decode(errors="replace")
        check(0, process.wait(120), f"{' '.join(words)}: {text}")
        return text

    def json(self, *words):
        return json.loads(self.run(*words, "-f", "json"))

    def refused(self, *words):
        """Fails unless the client is refused; gives what it says."""
        ended = self.end(*words)
        if ended.returncode == 0:
            raise AssertionError(f"{' '.join(words)} was not refused: {ended.stdout}")
        return ended.stdout + ended.stderr


def openstackclient(stage, folder, bins):
    program = os.path.join(bins, "openstack")
    blue = Program(program, stage.environment("blue-member", "blue"))
    red = Program(program, stage.environment("red-member", "red"))
    source, target = os.path.join(folder, "source"), os.path.join(folder, "osc")
    made = blue.json(
        "image", "create", "--disk-format", "raw", "--container-format", "bare", "--file", source, "--property",
        "os_distro=debian", "--property", "kept=yes", "--tag", "first", "--min-disk", "1", "--private", "osc-image",
    )
    image = made["id"]
    shown = blue.json("image", "show", image)
    check("active", shown["status"], "status")
    check(len(DATA), shown["size"], "size")
    check(DIGEST, shown["properties"]["os_hash_value"], "digest")
    check("debian", shown["properties"]["os_distro"], "property")
    check(["first"], shown["tags"], "tags")

    def names(who, *filters):
        return [row["Name"] for row in who.json("image", "list", *filters)]

    for filters in (
        ["--name", "osc-image"], ["--property", "os_distro=debian"], ["--status", "active"], ["--tag", "first"],
        ["--private"], ["--limit", "1", "--sort", "created_at:desc"], ["--sort", "name:asc,created_at:desc"], ["--long"],
    ):
        contains("osc-image", names(blue, *filters), f"list {filters}")
    check([], names(blue, "--property", "os_distro=other"), "list by another value")
    check([], names(blue, "--tag", "second"), "list by another tag")
    blue.run("image", "set", "--name", "osc-renamed", "--property", "os_version=12", "--tag", "second", "--min-ram", "64", image)
    blue.run("image", "unset", "--property", "os_distro", "--tag", "first", image)
    shown = blue.json("image", "show", image)
    check("osc-renamed", shown["name"], "name")
    check("12", shown["properties"]["os_version"], "set property")
    check(None, shown["properties"].get("os_distro"), "unset property")
    check(["second"], shown["tags"], "changed tags")
    check(64, shown["min_ram"], "memory")

    red.refused("image", "show", image)
    blue.run("image", "set", "--shared", image)
    blue.run("image", "add", "project", image, stage.facts["PROJECT_red"])
    check([], names(red, "--shared"), "shared, not yet accepted")
    red.run("image", "set", "--accept", image)
    check(["osc-renamed"], names(red, "--shared"), "shared and accepted")
    members = blue.json("image", "member", "list", image)
    check("accepted", members[0]["Status"], "member")
    red.run("image", "save", "--file", target, image)
    check(DATA, open(target, "rb").read(), "downloaded data")

    blue.run("image", "set", "--deactivate", image)
    check("deactivated", blue.json("image", "show", image)["status"], "status")
    red.refused("image", "save", "--file", target, image)
    blue.run("image", "set", "--activate", image)
    check("active", blue.json("image", "show", image)["status"], "status")
    blue.run("image", "remove", "project", image, stage.facts["PROJECT_red"])
    red.refused("image", "show", image)
    second = blue.json("image", "create", "--disk-format", "raw", "osc-second")["id"]
    contains("100%", blue.run_watched("image", "create", "--progress", "--file", source, "osc-third"), "progress")
    blue.run("image", "delete", second, "osc-third")
    blue.run("image", "set", "--protected", image)
    contains("protected", blue.refused("image", "delete", image), "refusal")
    blue.run("image", "set", "--unprotected", image)
    blue.run("image", "delete", image)
    blue.refused("image", "show", image)
    check([], names(blue), "list at the end")


def glanceclient(stage, folder, bins):
    program = os.path.join(bins, "glance")
    blue = Program(program, stage.environment("blue-member", "blue"))
    red = Program(program, stage.environment("red-member", "red"))
    source, target = os.path.join(folder, "source"), os.path.join(folder, "glance")
    image = "6f1b2c30-0000-4000-8000-00000000c11e"
    blue.run("image-create", "--id", image, "--name", "glance-image", "--disk-format", "raw", "--container-format",
             "bare", "--property", "os_distro=debian", "--tags", "first")
    contains("queued", blue.run("image-show", image), "show")
    progress = blue.run_watched("image-upload", "--file", source, "--progress", image)
    contains("100%", progress, "progress of an upload")
    shown = blue.run("image-show", image)
    for part in ("active", str(len(DATA)), DIGEST[:64], "debian"):
        contains(part, shown, "show")
    for filters in (
        ["--property-filter", "os_distro=debian"], ["--visibility", "shared"], ["--tag", "first"],
        ["--checksum", hashlib.md5(DATA).hexdigest()], ["--hash", DIGEST], ["--sort", "name:asc"], ["--page-size", "1"],
        ["--limit", "1"], ["--sort-key", "created_at", "--sort-dir", "asc"],
    ):
        contains(image, blue.run("image-list", *filters), f"list {filters}")
    if image in blue.run("image-list", "--property-filter", "os_distro=other"):
        raise AssertionError("listed by another value")
    blue.run("image-update", image, "--property", "os_version=12", "--name", "renamed", "--remove-property", "os_distro")
    blue.run("image-tag-update", image, "second")
    blue.run("image-tag-delete", image, "first")
    shown = blue.run("image-show", image)
    contains("os_version", shown, "set property")
    contains("second", shown, "tag")
    if "os_distro" in shown or "first" in shown:
        raise AssertionError(f"something was not removed: {shown}")
    red.refused("image-show", image)
    blue.run("member-create", image, stage.facts["PROJECT_red"])
    contains("pending", blue.run("member-list", "--image-id", image), "member")
    red.run("member-update", image, stage.facts["PROJECT_red"], "accepted")
    contains(image, red.run("image-list", "--visibility", "shared", "--member-status", "accepted"), "accepted list")
    contains("100%", red.run_watched("image-download", image, "--file", target, "--progress"), "progress of a download")
    check(DATA, open(target, "rb").read(), "downloaded data")
    blue.run("image-deactivate", image)
    contains("deactivated", red.refused("image-download", image, "--file", target), "refusal")
    blue.run("image-reactivate", image)
    red.run("image-download", image, "--file", target)
    blue.run("member-delete", image, stage.facts["PROJECT_red"])
    red.refused("image-show", image)
    blue.run("image-delete", image)
    contains("No image found", blue.refused("image-show", image), "refusal")
    contains("container_format", blue.run("explain", "image"), "schema")


def openstacksdk(stage, folder, _bins):
    import openstack

    def connect(user, project):
        words = stage.environment(user, project)
        return openstack.connection.Connection(auth={
            "auth_url": words["OS_AUTH_URL"], "username": user, "password": words["OS_PASSWORD"],
            "project_name": project, "user_domain_id": "default", "project_domain_id": "default",
        }, region_name="RegionOne", image_api_version="2")

    blue, red = connect("blue-member", "blue").image, connect("red-member", "red").image
    source = os.path.join(folder, "source")
    image = blue.create_image(
        "sdk-image", filename=source, disk_format="raw", container_format="bare", validate_checksum=True, wait=True,
        tags=["first"], meta={"kept": "yes"}, os_distro="debian", visibility="private",
    )
    image = blue.get_image(image.id)
    check("active", image.status, "status")
    check(DIGEST, image.hash_value, "digest")
    check(len(DATA), image.size, "size")
    second = blue.create_image("sdk-second", disk_format="raw", container_format="bare", data=DATA[:1000])
    found = lambda who, **filters: sorted(one.name for one in who.images(**filters))
    check(["sdk-image", "sdk-second"], found(blue), "all")
    check(["sdk-image", "sdk-second"], found(blue, limit=1), "pages of one")
    check(["sdk-image"], found(blue, name="sdk-image"), "by name")
    check(["sdk-image"], found(blue, tag="first", status="active"), "by tag and status")
    check(["sdk-image"], found(blue, os_distro="debian"), "by property")
    check(["sdk-image"], found(blue, visibility="private"), "by visibility")
    check(["sdk-image"], found(blue, size_min=2000), "by size")
    check("sdk-image", next(iter(blue.images(sort="name:asc"))).name, "order")
    blue.delete_image(second)
    image = blue.update_image(image, name="sdk-renamed", os_version="12", min_ram=64)
    check(("sdk-renamed", "12", 64), (image.name, image.os_version, image.min_ram), "changes")
    blue.add_tag(image, "second")
    blue.remove_tag(image, "first")
    check(["second"], blue.get_image(image.id).tags, "tags")
    check(None, red.find_image(image.id), "hidden image")
    image = blue.update_image(blue.get_image(image.id), visibility="shared")
    member = blue.add_member(image, member=stage.facts["PROJECT_red"])
    check("pending", member.status, "member")
    check([], found(red, visibility="shared"), "not yet accepted")
    check("accepted", red.update_member(stage.facts["PROJECT_red"], image, status="accepted").status, "member")
    check(["sdk-renamed"], found(red, visibility="shared"), "accepted")
    check([stage.facts["PROJECT_red"]], [one.member_id for one in blue.members(image)], "members")
    check(DATA, red.download_image(image.id).content, "downloaded data")
    pieces = b"".join(red.download_image(image.id, stream=True).iter_content(100_000))
    check(hashlib.md5(DATA).hexdigest(), hashlib.md5(pieces).hexdigest(), "checksum")
    check(image.checksum, hashlib.md5(pieces).hexdigest(), "checksum of the image")
    blue.deactivate_image(image)
    check("deactivated", blue.get_image(image.id).status, "status")
    check(403, red.get(f"/images/{image.id}/file").status_code, "download of a deactivated image")
    blue.reactivate_image(image)
    blue.remove_member(stage.facts["PROJECT_red"], image)
    blue.delete_image(image)
    check(None, blue.find_image(image.id), "deleted image")
    check([], found(blue), "list at the end")


def main():
    program, bins = sys.argv[1:]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="glance-clients-") as folder, Stage(program) as stage:
        with open(os.path.join(folder, "source"), "wb") as file:
            file.write(DATA)
        for client in (openstackclient, glanceclient, openstacksdk):
            try:
                client(stage, folder, bins)
                print(f"{client.__name__:16} ok", flush=True)
            except Exception:
                failed += 1
                print(f"{client.__name__:16} FAILED", flush=True)
                traceback.print_exc()
    sys.exit(1 if failed else 0)


main()
