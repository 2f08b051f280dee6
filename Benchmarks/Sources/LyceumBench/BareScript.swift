// SPDX-License-Identifier: Apache-2.0

import CloudCore
import Foundation
import NetFabric
import NetFabricLinux

/// What a launch costs without a manager: the XML and the commands of one of our own rounds, replayed by bash.
///
/// As parallel as ours: every guest has a lane of its own; the network's changes pass one at a time, and libvirt's through four doors.
/// Ready is what is ready to us: the SSH port answers from the gateway, the agent answers, says the address, and takes the keys. It is
/// asked for more cheaply than by us (the port first, by one process that stays; the agent only then), so the script is no straw man.
struct BareScript {
    private struct Lane {
        let instance: String
        let folder: String
        let overlay: String
        /// `base format size`
        let backing: (base: String, format: String, size: Int)
        let address: String
        let network: [ToolCall]
        let port: [ToolCall]
        let device: String
        let files: [(path: String, text: String)]
    }

    private let folder: String
    private let dnsmasq: String
    private var lanes: [Lane] = []
    private var removals: [ToolCall] = []

    /// Takes down what our own round did, while its guests run.
    /// - Parameter before: how many calls there were when the round began.
    init(of members: [CreateInstances.Member], after before: Int, on real: RealSite, folder: String) async throws {
        self.folder = folder
        dnsmasq = real.names + "/dnsmasq.pid"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Of pictures that were waited for only the newest was made, so few lanes loaded one. They come in another order here, so each of them
        // loads the last, which has all; where the fabric watch made them all, the first lane does.
        let loads = members.map { real.tools.calls(of: "\($0.start)/network") }
        let pictures = real.tools.calls(after: before).filter { $0.tool.hasSuffix("/nsenter") }
        let madeByWatch = loads.allSatisfy(\.isEmpty)
        let last = Dictionary(pictures.map { ([$0.tool] + $0.arguments, $0.input) }) { $0?.count ?? 0 > $1?.count ?? 0 ? $0 : $1 }
        for (number, (member, load)) in zip(members, loads).enumerated() {
            let view = try await real.site.cloud.instance(member.id, for: real.site.admin)
            guard let port = view.port else { throw Tool.Failed(what: "\(member.id) has no port") }
            let ours = real.disks.path(of: member.disk)
            let facts = try JSONDecoder().decode(
                Backing.self, from: Data(Tool.run("/usr/bin/qemu-img", ["info", "-U", "--output=json", ours]).utf8))
            let lane = Lane(
                instance: member.id.text, folder: "\(folder)/\(member.id)", overlay: "\(folder)/\(member.id)/disk.qcow2",
                backing: (facts.base, facts.format, facts.size), address: port.ipv4.description,
                network: (madeByWatch && number == 0 ? pictures.suffix(1) : load).map {
                    ToolCall($0.tool, $0.arguments, input: last[[$0.tool] + $0.arguments] ?? $0.input)
                },
                port: real.tools.calls(of: "\(member.start)/port"), device: "lyc\(port.id.body.prefix(12))",
                files: try ["dhcp.d", "hosts.d"].map { name in
                    let path = "\(real.names)/\(name)/\(port.id)"
                    return (path, try String(contentsOfFile: path, encoding: .utf8))
                })
            lanes.append(lane)
            try FileManager.default.createDirectory(atPath: lane.folder, withIntermediateDirectories: true)
            let xml = try Tool.run("/usr/bin/virsh", ["dumpxml", "--inactive", member.id.text])
            try xml.replacingOccurrences(of: ours, with: lane.overlay).write(
                toFile: lane.folder + "/domain.xml", atomically: true, encoding: .utf8)
        }
    }

    private struct Backing: Decodable {
        let base: String
        let format: String
        let size: Int
        enum CodingKeys: String, CodingKey {
            case base = "full-backing-filename"
            case format = "backing-filename-format"
            case size = "virtual-size"
        }
    }

    /// What our own round called to take all away again.
    mutating func add(removals runs: [String], on real: RealSite) {
        removals = runs.flatMap { real.tools.calls(of: "\($0)/port") + real.tools.calls(of: "\($0)/network").suffix(1) }
    }

    /// Launches all lanes, and gives the time until every guest is ready; then takes everything away, untimed.
    func run() throws -> Duration {
        for lane in lanes {
            try text(of: lane, number: lanes.firstIndex { $0.instance == lane.instance } ?? 0).write(
                toFile: lane.folder + "/lane", atomically: true, encoding: .utf8)
        }
        let all = lanes.map { "timeout 600 bash -eu '\($0.folder)/lane' >'\($0.folder)/log' 2>&1 & pids+=($!)" }.joined(separator: "\n")
        let script = "pids=()\n\(all)\nfor pid in \"${pids[@]}\"; do wait \"$pid\"; done\n"
        defer { do { try takeAway() } catch { FileHandle.standardError.write(Data("bare: \(error)\n".utf8)) } }
        let begin = ContinuousClock.now
        do { try Tool.run("/bin/bash", ["-eu", "-c", script]) } catch {
            for lane in lanes { print(try String(contentsOfFile: lane.folder + "/log", encoding: .utf8)) }
            throw error
        }
        return ContinuousClock.now - begin
    }

    private func text(of lane: Lane, number: Int) -> String {
        let keys = #"{"execute":"guest-ssh-add-authorized-keys","arguments":{"keys":[],"reset":true,"username":"root"}}"#
        let files = lane.files.map { "printf '%s' \(quoted($0.text)) >\(quoted($0.path))" }
        return """
            qemu-img create -q -f qcow2 -b \(lane.backing.base) -F \(lane.backing.format) \(lane.overlay) \(lane.backing.size)
            {
            flock 9
            \((lane.network.map(\.bashLine) + files).joined(separator: "\n"))
            kill -HUP "$(<\(dnsmasq))"
            } 9>\(folder)/network.lock
            \(lane.port.map(\.bashLine).joined(separator: "\n"))
            echo 1 >/proc/sys/net/ipv6/conf/\(lane.device)/disable_ipv6
            {
            flock 9
            virsh -q 'define \(lane.folder)/domain.xml; start --paused \(lane.instance); resume \(lane.instance)'
            } 9>\(folder)/libvirt-\(number % 4).lock
            \(CommandLine.arguments[0]) answers \(lane.address)
            until virsh -q qemu-agent-command \(lane.instance) '{"execute":"guest-network-get-interfaces"}' 2>/dev/null |
              grep -q '"\(lane.address)"'; do sleep 0.25; done
            virsh -q qemu-agent-command \(lane.instance) \(quoted(keys)) >/dev/null

            """
    }

    private func takeAway() throws {
        let ends = lanes.map { "virsh -q 'destroy \($0.instance); undefine \($0.instance)'" }
        let files = lanes.flatMap(\.files).map { "rm -f \(quoted($0.path))" }
        let script = (ends + removals.map(\.bashLine) + files + ["kill -HUP \"$(<\(dnsmasq))\"", "rm -rf \(quoted(folder))"]).joined(
            separator: "\n")
        try Tool.run("/bin/bash", ["-c", "exec >/dev/null 2>&1\n" + script])
    }

    private func quoted(_ text: String) -> String { text.quotedForBash }
}

extension ToolCall {
    /// The call as a line of bash.
    var bashLine: String {
        let words = ([tool] + arguments).map(\.quotedForBash).joined(separator: " ")
        return input.map { "printf '%s' \($0.quotedForBash) | \(words) >/dev/null" } ?? "\(words) >/dev/null"
    }
}

extension String {
    var quotedForBash: String { "'" + replacingOccurrences(of: "'", with: #"'\''"#) + "'" }
}
