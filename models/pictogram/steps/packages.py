"""Fetches the packages that carry the pictures and their names.

npm packages are pinned to a version and a checksum (packages.sums) and unpacked once into a folder; Debian
packages are read where apt puts them.
"""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile

from steps import kept_out

# What the pictures come from.
NPM = {
    "emoji-datasource-google": "16.0.0",
    "emoji-datasource-twitter": "16.0.0",
    "@lobehub/fluent-emoji-3d": "1.1.0",
    "@iconify/json": "2.2.535",
}

# Earlier releases of the same vendor are drawn differently: each is a style of its own.
NPM_EARLIER = {
    "emoji-datasource-google": ["3.0.0", "4.1.0", "6.0.1"],
}

# What gives icons more words than their names.
NPM_WORDS = {
    "lucide-static": "1.62.0",
    "@phosphor-icons/core": "2.1.1",
    "@tabler/icons": "3.51.0",
    "@icon-park/svg": "1.4.2",
    "@mdi/svg": "7.4.47",
    "ionicons": "8.1.0",
    "@primer/octicons": "19.42.0",
    "@fortawesome/fontawesome-free": "7.3.1",
}

DEBIAN_TO_MEASURE = ["libcairo2", "librsvg2-2", "npm", "unicode-cldr-core", "wordnet-base"]
DEBIAN = [*DEBIAN_TO_MEASURE, "openclipart-svg", "webp"]


def install_debian(names):
    """Installs what is missing among the Debian packages `names`; needs root only then."""
    missing = [name for name in names if not _installed(name)]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        command.insert(0, "sudo")
    done = subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode != 0:
        raise SystemExit(f"the Debian packages {', '.join(missing)} could not be installed; "
                         f"run apt-get update, or install them by hand")


def _installed(name):
    if name == "npm" and shutil.which("npm"):
        return True
    state = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False
    )
    return state.stdout.endswith("ok installed")


def folder_of(name, version, folder):
    """Where the unpacked package is, or will be: FOLDER/name-version."""
    return os.path.join(folder, f"{name.lstrip('@').replace('/', '-')}-{version}")


def fetch_npm(name, version, folder):
    """The unpacked package, fetched on the first call."""
    place = folder_of(name, version, folder)
    if os.path.isdir(place):
        return place
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        packed = _pack(name, version, scratch)
        unpacked = os.path.join(scratch, "unpacked")
        with tarfile.open(packed) as archive:
            archive.extractall(unpacked, members=filter(_wanted, archive), filter="data")
        os.rename(os.path.join(unpacked, "package"), place)
    return place


def _pack(name, version, scratch):
    """The package's archive. One that is missing, or not the one that the recipe was written for,
    ends the recipe: data that changed in silence would be another model."""
    answer = subprocess.run(["npm", "pack", "--json", f"{name}@{version}"], cwd=scratch, check=False,
                            capture_output=True, text=True)
    if answer.returncode != 0:
        raise SystemExit(f"npm has no {name}@{version} to give: {_last_line(answer.stderr)}; try again "
                         f"with a registry that has it, or put it unpacked where packages are kept")
    packed = json.loads(answer.stdout)[0]
    wanted = _read_sums().get(f"{name}@{version}")
    if packed["integrity"] != wanted:
        raise SystemExit(f"{name}@{version}: got {packed['integrity']}, expected {wanted} "
                         f"(packages.sums); if the change is meant, write the new sum there")
    return os.path.join(scratch, os.path.basename(packed["filename"]))


def _read_sums():
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "packages.sums")
    with open(path, encoding="utf-8") as file:
        return dict(line.split() for line in file)


def _last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"


def _wanted(member):
    """Sprite sheets repeat every picture at four sizes; none is read."""
    return "/sheets" not in member.name and "/sheet_" not in member.name


def fetch_all(folder):
    """{(name, version): place}, and {name: place} of the newest, of every npm package of the
    training set."""
    wanted = [*NPM.items(), *NPM_WORDS.items()]
    wanted += [(name, version) for name, list_ in NPM_EARLIER.items() for version in list_]
    places = {}
    for name, version in wanted:
        if name in kept_out.names("package"):
            raise SystemExit(f"{name} is kept out of training (kept_out.txt); got it as training data")
        places[name, version] = fetch_npm(name, version, folder)
        if {**NPM, **NPM_WORDS}.get(name) == version:
            places[name] = places[name, version]
    return places
