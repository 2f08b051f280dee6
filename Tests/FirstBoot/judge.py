# SPDX-License-Identifier: Apache-2.0
"""Lets cloud-init's own readers read volumes of ours, and compares what they read with what was meant.

    judge.py FOLDER     with NAME.iso and NAME.json for each case; run by Scripts/cloud-init

Each volume is found by its label (blkid), read by DataSourceNoCloud, its user data judged by `cloud-init schema`, its accounts
taken apart as cloud-init does, and its network configuration written as files by the renderers of three distributions.
"""
import contextlib, io, json, os, subprocess, sys, tempfile

from cloudinit import helpers, util
from cloudinit.cmd.main import main as cloud_init
from cloudinit.distros import ug_util
from cloudinit.net import eni, netplan, network_state, networkd
from cloudinit.sources import DataSourceNoCloud


def blkid(volume):
    text = subprocess.run(["/sbin/blkid", "-p", "-o", "export", volume], check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def extracted(volume, callback, data=None, **_):
    """As util.mount_cb, without mounting."""
    with tempfile.TemporaryDirectory() as room:
        subprocess.run(["xorriso", "-no_rc", "-osirrox", "on", "-indev", volume, "-extract", "/", room],
                       check=True, capture_output=True)
        return callback(room) if data is None else callback(room, data)


def read(volume):
    """The data source, after it has read the one volume that this machine has."""
    facts = blkid(volume)
    util.find_devs_with = lambda criteria=None, **_: [volume] if criteria in [f"{key}={value}" for key, value in facts.items()] else []
    DataSourceNoCloud.util.mount_cb = extracted
    DataSourceNoCloud.dmi.read_dmi_data = lambda key: None
    DataSourceNoCloud.util.get_cmdline = lambda: ""
    with tempfile.TemporaryDirectory() as room:
        paths = helpers.Paths({"cloud_dir": room, "run_dir": room})
        source = DataSourceNoCloud.DataSourceNoCloud({"datasource": {"NoCloud": {"fs_label": "cidata"}}}, None, paths)
        assert source.get_data(), "the reader finds nothing"
        return source


def judged_by_schema(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        said = io.StringIO()
        status = 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = cloud_init(["cloud-init", "schema", "--config-file", file.name]) or 0
            except SystemExit as end:
                status = end.code or 0
    assert status == 0 and "Valid cloud-config" in said.getvalue(), said.getvalue()
    assert "deprecat" not in said.getvalue().lower(), said.getvalue()


class Distro:
    """What ug_util asks of a distribution."""
    def get_default_user(self):
        return {"name": "debian", "lock_passwd": True}


def accounts(text):
    users, groups = ug_util.normalize_users_groups(util.load_yaml(text), Distro())
    assert groups == {}, groups
    return users


def rendered(config):
    state = network_state.parse_net_config_data(config)
    files = {}
    util.chownbyname = lambda *_: None  # to an account that this machine need not have
    for renderer in [netplan.Renderer({"netplan_path": "netplan", "features": []}),
                     networkd.Renderer({"network_conf_dir": "/networkd/"}), eni.Renderer({"eni_path": "eni"})]:
        with tempfile.TemporaryDirectory() as room:
            renderer.render_network_state(state, target=room)
            for folder, _, names in os.walk(room):
                for name in names:
                    path = os.path.join(folder, name)
                    files[os.path.relpath(path, room)] = open(path, encoding="utf-8").read()
    return files


def judge(volume, wanted):
    facts = blkid(volume)
    assert (facts["TYPE"], facts["LABEL"]) == ("iso9660", "cidata"), facts
    source = read(volume)
    assert source.metadata["instance-id"] == wanted["instanceID"], source.metadata
    assert source.metadata["local-hostname"] == wanted["hostname"], source.metadata
    assert source.get_instance_id() == wanted["instanceID"]
    text = source.get_userdata_raw()
    text = text.decode() if isinstance(text, bytes) else text
    judged_by_schema(text)
    config = util.load_yaml(text)
    assert (config["hostname"], config["fqdn"]) == (wanted["hostname"], wanted["fqdn"]), config
    assert config["ssh_pwauth"] is wanted["byPassword"] and config["disable_root"] is (wanted["account"] != "root"), config
    users = accounts(text)
    assert list(users) == [wanted["account"]], users
    user = users[wanted["account"]]
    assert user.get("ssh_authorized_keys", []) == wanted["keys"], user
    assert user["hashed_passwd"] == wanted["hash"] and user["lock_passwd"] is False, user
    assert not {"passwd", "plain_text_passwd"} & set(user), user

    assert source.network_config["version"] == 2
    ethernets = source.network_config["ethernets"]
    assert [card["match"] for card in ethernets.values()] == [{"macaddress": card["mac"]} for card in wanted["cards"]], ethernets
    files = rendered(source.network_config)
    for (name, card), meant in zip(ethernets.items(), wanted["cards"]):
        assert card.get("mtu") == meant["mtu"] and card["dhcp4"] is meant["dhcp4"] and card["dhcp6"] is meant["dhcp6"], card
        assert card.get("addresses", []) == meant["addresses"], card
        unit = next(text for path, text in files.items() if path.endswith(f"10-cloud-init-{name}.network"))
        assert f"MACAddress={meant['mac']}" in unit, unit
        for address in meant["addresses"]:
            assert f"Address={address}" in unit, unit
        if meant["mtu"]:
            assert f"MTUBytes={meant['mtu']}" in unit, unit
        if meant["gateway"]:
            assert f"Gateway={meant['gateway']}" in unit, unit
        assert f"iface {name} inet" in files["eni"] and meant["mac"] in files["netplan"], files


def main(folder):
    names = sorted(name[:-5] for name in os.listdir(folder) if name.endswith(".json"))
    assert names, "nothing to judge"
    for name in names:
        with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
            wanted = json.load(file)
        try:
            judge(os.path.join(folder, name + ".iso"), wanted)
        except Exception as failure:
            print(f"{name}: {type(failure).__name__}: {failure}")
            raise
    print(f"cloud-init read {len(names)} volumes")


main(sys.argv[1])
