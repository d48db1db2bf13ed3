#!/usr/bin/env python3
"""Rewrites the tables in this folder from a real Glance.

Run it with the Python of a virtual environment that holds the reference:

    python3 -m venv V && V/bin/pip install glance==33.0.0 keystonemiddleware
    V/bin/python common/src/config/known/regenerate.py V/etc/glance

The argument is the folder with the sample files that Glance ships, made by oslo-config-generator. Only facts are
kept: section, option, default. `old-names.conf` gets the former names that the samples tell, and the options of
the keystoneauth plugins, which samples leave out; names of older releases were added to it by hand below its
`# before` line and are kept.
"""

import pathlib
import re
import sys

from keystoneauth1 import loading

PROGRAMS = ["glance-api", "glance-cache", "glance-manage", "glance-scrubber"]
OPTION = re.compile(r"#([A-Za-z_][\w-]*) =(?: (.*))?")
OLD_NAME = re.compile(r"# Deprecated group/name - \[(.+)\]/(\S+)")
AUTH_SECTIONS = ["keystone_authtoken", "oslo_limit", "service_user", "barbican_service_user"]


def read(sample):
    """The options (with defaults) and former names of one sample file, by section."""
    options, old_names, section = {}, {}, None
    for line in sample.read_text().splitlines():
        if line.startswith("["):
            section = line[1:-1]
            options.setdefault(section, [])
        elif match := OPTION.fullmatch(line):
            options[section].append((match[1], match[2] or ""))
        elif match := OLD_NAME.fullmatch(line):
            old_names.setdefault(match[1], set()).add(match[2])
    return options, old_names


def write(path, options, tail=""):
    lines = []
    for section, pairs in options.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {value}".rstrip() for name, value in pairs]
    path.write_text("\n".join(lines) + "\n" + tail)


def main():
    here, samples = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
    old = {}
    for program in PROGRAMS:
        options, old_names = read(samples / f"{program}.conf")
        write(here / f"{program}.conf", options)
        for section, names in old_names.items():
            old.setdefault(section, set()).update(names)
    plugins = loading.get_available_plugin_loaders().values()
    auth = {option.dest for plugin in plugins for option in plugin.get_options()}
    auth |= {"auth_type", "auth_plugin", "auth_section"}
    for section in AUTH_SECTIONS:
        old.setdefault(section, set()).update(auth)
    path = here / "old-names.conf"
    _, mark, tail = path.read_text().partition("# before") if path.exists() else ("", "", "")
    write(path, {s: [(name, "") for name in sorted(names)] for s, names in sorted(old.items())}, mark + tail)


main()
