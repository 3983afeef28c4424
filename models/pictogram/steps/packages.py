"""Fetches the packages that carry the pictures and their names.

npm packages are pinned to a version and unpacked once into a folder; Debian packages are read
where apt puts them.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile

NPM = {
    "emoji-datasource-google": "16.0.0",
    "emoji-datasource-twitter": "16.0.0",
    "openmoji": "17.0.0",
    "@lobehub/fluent-emoji-3d": "1.1.0",
    "@iconify-json/fluent-emoji": "1.2.7",
    "@iconify-json/fluent-emoji-flat": "1.2.6",
    "@iconify-json/fluent-emoji-high-contrast": "1.2.6",
    "@iconify-json/emojione": "1.2.3",
    "@iconify-json/emojione-v1": "1.2.3",
    "@iconify-json/noto": "1.2.9",
    "@iconify-json/noto-v1": "1.2.5",
    "@iconify-json/twemoji": "1.2.5",
    "@iconify-json/openmoji": "1.2.29",
    "@iconify-json/fxemoji": "1.2.2",
    "@iconify-json/streamline-emojis": "1.2.4",
    "@iconify-json/circle-flags": "1.2.11",
    "@iconify-json/flag": "1.2.12",
    "@iconify-json/flagpack": "1.2.8",
    "@iconify-json/cif": "1.2.7",
}

# Earlier releases of the same vendor are drawn differently: each is a style of its own.
NPM_EARLIER = {
    "emoji-datasource-google": ["3.0.0", "4.1.0", "6.0.1"],
}

DEBIAN_TO_MEASURE = ["libcairo2", "librsvg2-2", "npm", "unicode-cldr-core"]
DEBIAN = [*DEBIAN_TO_MEASURE, "openclipart-svg", "tuxpaint-stamps-default", "webp"]


def install_debian(names):
    """Installs what is missing among the Debian packages `names`; needs root only then."""
    missing = [name for name in names if not _installed(name)]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        command.insert(0, "sudo")
    subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def _installed(name):
    if name == "npm" and shutil.which("npm"):
        return True
    state = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False
    )
    return state.stdout.endswith("ok installed")


def fetch_npm(name, version, folder):
    """The unpacked package, fetched on the first call: FOLDER/name-version."""
    place = os.path.join(folder, f"{name.lstrip('@').replace('/', '-')}-{version}")
    if os.path.isdir(place):
        return place
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"],
            cwd=scratch, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ).stdout.split()[-1]
        unpacked = os.path.join(scratch, "unpacked")
        with tarfile.open(os.path.join(scratch, packed)) as archive:
            archive.extractall(unpacked, members=filter(_wanted, archive), filter="data")
        os.rename(os.path.join(unpacked, "package"), place)
    return place


def _wanted(member):
    """Sprite sheets repeat every picture at four sizes; none is read."""
    return "/sheets" not in member.name and "/sheet_" not in member.name


def fetch_all(folder):
    """{(name, version): place} of every npm package of the training set."""
    wanted = list(NPM.items())
    wanted += [(name, version) for name, list_ in NPM_EARLIER.items() for version in list_]
    places = {}
    for name, version in wanted:
        places[name, version] = fetch_npm(name, version, folder)
        if NPM.get(name) == version:
            places[name] = places[name, version]
    return places
