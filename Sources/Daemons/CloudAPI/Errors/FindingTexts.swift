// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// What is said about a finding in one language. In braces stand the names of its parameters.
struct FindingText: Hashable {
    let says: String
    /// nil where it is fine.
    let remedy: String?

    init(_ says: String) { (self.says, remedy) = (says, nil) }
    init(_ says: String, _ remedy: String) { (self.says, self.remedy) = (says, remedy) }

    /// The text of a finding.
    init(_ finding: HostFinding, in language: Language) {
        switch language {
        case .english: self = finding.grade == .fine ? Self.english(fine: finding.check) : Self.english(not: finding.check)
        case .hungarian: self = finding.grade == .fine ? Self.hungarian(fine: finding.check) : Self.hungarian(not: finding.check)
        }
    }
}

extension FindingText {
    private static func english(fine check: HostFinding.Check) -> FindingText {
        switch check {
        case .acceleration: FindingText("machines run on the processors themselves (KVM)")
        case .cacheCap: FindingText("no running machine lacks a cap on its translated code")
        case .clock: FindingText("its clock is the manager's")
        case .datapath: FindingText("Open vSwitch has the datapath that is used, netdev (it knows: {types})")
        case .defineTime: FindingText("libvirt takes {milliseconds} ms for a definition")
        case .hypervisor: FindingText("libvirt answers")
        case .kvmUnused: FindingText("no /dev/kvm is there in vain")
        case .programs: FindingText("every program is there")
        case .reaping: FindingText("process 1 buries what ended after {milliseconds} ms")
        case .room: FindingText("{free} MiB of {total} are free, {percent} %")
        case .switching: FindingText("Open vSwitch answers")
        }
    }

    private static func english(not check: HostFinding.Check) -> FindingText {
        switch check {
        case .acceleration:
            FindingText(
                "machines run in software (no KVM), ten times slower and more",
                "Give this host processors that virtualise (in a virtual machine: nested), or put fewer machines on it.")
        case .cacheCap:
            FindingText(
                "{count} running machines have no cap on their translated code: {machines}",
                "Shut them down and start them: one that loops grows past a gigabyte otherwise.")
        case .clock:
            FindingText(
                "its clock is {milliseconds} ms from the manager's",
                "Let a time service keep it (systemd-timesyncd or chrony): leases are dates.")
        case .datapath:
            FindingText(
                "Open vSwitch has no user-space datapath, netdev (it knows: {types})",
                "Take the distribution's package openvswitch-switch: machines have no network without it.")
        case .defineTime:
            FindingText(
                "libvirt takes {milliseconds} ms or more for a definition, {limit} is much",
                "There is a /dev/kvm on which guests hang, and libvirt tries it at every call: start libvirtd in a mount namespace whose /dev has "
                    + "no kvm (PrivateDevices= or InaccessiblePaths=/dev/kvm in its unit), or remove the device.")
        case .hypervisor:
            FindingText(
                "libvirt does not answer: {reason}",
                "Look at systemctl status libvirtd and at who may use its socket (/run/libvirt/libvirt-sock; setting host.uri).")
        case .kvmUnused:
            FindingText(
                "there is a /dev/kvm, and machines run in software all the same",
                "lyceumd says why in its first lines. Where guests hang on it, hide it from libvirtd; where it was repaired, restart lyceumd."
            )
        case .programs:
            FindingText("programs are missing: {missing}", "Install the packages that lyceumd depends on: apt install --fix-broken.")
        case .reaping:
            FindingText(
                "process 1 buries what ended only after {milliseconds} ms, so each destroy takes as much longer",
                "Start libvirtd under something that reaps: a small init (tini, dumb-init), or a process namespace of its own.")
        case .room:
            FindingText(
                "{free} MiB of {total} are free, {percent} %; {kept} % are to be",
                "Destroy what is not needed, lower trash.keep, or make the file system of state.folder/store larger.")
        case .switching:
            FindingText("Open vSwitch does not answer: {reason}", "Look at systemctl status openvswitch-switch.")
        }
    }

    private static func hungarian(fine check: HostFinding.Check) -> FindingText {
        switch check {
        case .acceleration: FindingText("a gépek közvetlenül a processzoron futnak (KVM)")
        case .cacheCap: FindingText("minden futó gép lefordított kódjának van korlátja")
        case .clock: FindingText("az órája a menedzserével egyezik")
        case .datapath: FindingText("az Open vSwitch ismeri a használt adatutat (netdev; ismert: {types})")
        case .defineTime: FindingText("a libvirtnek egy definíció {milliseconds} ms")
        case .hypervisor: FindingText("a libvirt válaszol")
        case .kvmUnused: FindingText("nincs használaton kívüli /dev/kvm")
        case .programs: FindingText("minden program megvan")
        case .reaping: FindingText("az 1-es folyamat {milliseconds} ms után eltakarítja, ami véget ért")
        case .room: FindingText("{total} MiB-ból {free} szabad, {percent} %")
        case .switching: FindingText("az Open vSwitch válaszol")
        }
    }

    private static func hungarian(not check: HostFinding.Check) -> FindingText {
        switch check {
        case .acceleration:
            FindingText(
                "a gépek szoftveresen futnak (nincs KVM), legalább tízszer lassabban",
                "Adjon a gazdagépnek virtualizálni tudó processzort (virtuális gépben: beágyazottat), vagy tegyen rá kevesebb gépet.")
        case .cacheCap:
            FindingText(
                "{count} futó gép lefordított kódjának nincs korlátja: {machines}",
                "Állítsa le, majd indítsa el őket: egy végtelen ciklus különben egy gigabájt fölé nő.")
        case .clock:
            FindingText(
                "az órája {milliseconds} ms-mal eltér a menedzserétől",
                "Bízza időszolgáltatásra (systemd-timesyncd vagy chrony): a bérletek dátumok.")
        case .datapath:
            FindingText(
                "az Open vSwitch nem ismer felhasználói adatutat (netdev; ismert: {types})",
                "Telepítse a disztribúció openvswitch-switch csomagját: nélküle a gépeknek nincs hálózatuk.")
        case .defineTime:
            FindingText(
                "a libvirtnek egy definíció legalább {milliseconds} ms, pedig {limit} is sok",
                "Van egy /dev/kvm, amelyen a vendégek megállnak, és a libvirt minden híváskor kipróbálja: indítsa a libvirtd-t olyan csatolási "
                    + "névtérben, amelynek a /dev mappájában nincs kvm (PrivateDevices= vagy InaccessiblePaths=/dev/kvm a unitban), vagy vegye ki."
            )
        case .hypervisor:
            FindingText(
                "a libvirt nem válaszol: {reason}",
                "Nézze meg: systemctl status libvirtd, és hogy ki használhatja az aljzatát (/run/libvirt/libvirt-sock; host.uri beállítás)."
            )
        case .kvmUnused:
            FindingText(
                "van /dev/kvm, a gépek mégis szoftveresen futnak",
                "A lyceumd az első soraiban megmondja, miért. Ha a vendégek megállnak rajta, rejtse el a libvirtd elől; ha megjavult, indítsa "
                    + "újra a lyceumd-t.")
        case .programs:
            FindingText("hiányzó programok: {missing}", "Telepítse a csomagokat, amelyektől a lyceumd függ: apt install --fix-broken.")
        case .reaping:
            FindingText(
                "az 1-es folyamat csak {milliseconds} ms után takarítja el, ami véget ért: minden megsemmisítés ennyivel hosszabb",
                "Indítsa a libvirtd-t olyan folyamat alatt, amely takarít: kis init (tini, dumb-init) vagy saját folyamatnévtér.")
        case .room:
            FindingText(
                "{total} MiB-ból {free} szabad, {percent} %; {kept} % kellene",
                "Semmisítse meg, ami nem kell, csökkentse a trash.keep értékét, vagy növelje a state.folder/store fájlrendszerét.")
        case .switching:
            FindingText("az Open vSwitch nem válaszol: {reason}", "Nézze meg: systemctl status openvswitch-switch.")
        }
    }
}
