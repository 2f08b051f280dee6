// SPDX-License-Identifier: Apache-2.0

import CloudModel

// What calls meet on their way.

extension SimulatedCloud {
    /// A call on its way to a host, and its answer on its way back.
    func reach(_ host: ID<HostKind>, _ call: String, _ subject: String, _ phase: EffectPhase) async throws {
        guard let life = ManagerLife.current else { return }
        try life.mustLive()
        switch phase {
        case .before: try await arrives(at: host, call, subject, in: life)
        case .after: try await isAnswered(by: host, call, subject, in: life)
        }
        try life.mustLive()
    }

    private func name(_ host: ID<HostKind>, _ call: String, _ subject: String) -> String {
        [host.text, call, subject].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func arrives(at host: ID<HostKind>, _ call: String, _ subject: String, in life: ManagerLife) async throws {
        let (faults, what) = (faults, name(host, call, subject))
        goOn()
        befall(host, faults)
        let reach = troubles.reach(of: host)
        try await travel(faults, reach, what)
        try life.pass("before \(call) \(subject)")
        if reach == .cutOff || chance.happens(faults.callLost, of: "call lost") {
            add("\(what) is lost")
            try await wait(.seconds(5))
            throw CloudError(.hostUnreachable, ["host": host.text])
        }
        let copy = CommandCopy.current
        if reach == .deaf {
            add("\(what) does not arrive")
            try await wait(.seconds(5))
            // A question that nobody answered has changed nothing.
            guard copy != nil else { throw CloudError(.hostUnreachable, ["host": host.text]) }
            throw OutcomeUnknown("no answer to \(call) \(subject)")
        }
        // In between others may have gone ahead of those that are late.
        goOn()
        guard let copy else { return }
        for late in troubles.takeBefore(copy.command, on: subject, at: host) { deliver(late) }
        guard chance.happens(faults.callGivenUp, of: "call given up") else { return }
        let due = simulator.now.elapsed + chance.between(.seconds(5), .seconds(60), of: "a call that was given up")
        add("\(what) is waited for no more")
        troubles.send(.init(host: host, subject: subject, what: what, copy: copy, isDouble: false, due: due))
        try await wait(.seconds(5))
        throw OutcomeUnknown("no answer to \(call) \(subject) in time")
    }

    private func isAnswered(by host: ID<HostKind>, _ call: String, _ subject: String, in life: ManagerLife) async throws {
        let (faults, what) = (faults, name(host, call, subject))
        add(what)
        watch.effect(on: subject, at: host, by: CommandCopy.current?.command, over: hosts)
        watch.told(call, what)
        step()
        if let copy = CommandCopy.current, chance.happens(faults.callDoubled, of: "call doubled") {
            let due = simulator.now.elapsed + chance.between(.milliseconds(1), .seconds(60), of: "a call that was doubled")
            troubles.send(.init(host: host, subject: subject, what: what, copy: copy, isDouble: true, due: due))
        }
        try life.pass("after \(call) \(subject)")
        if troubles.reach(of: host) == .mute || chance.happens(faults.answerLost, of: "answer lost") {
            add("\(what): its answer is lost")
            try await wait(.seconds(5))
            throw OutcomeUnknown("the answer to \(call) \(subject) was lost")
        }
        try await travel(faults, .whole, "\(what): its answer")
    }

    private func travel(_ faults: Faults, _ reach: Scenario.Reach, _ what: String) async throws {
        if reach == .slow { try await wait(.seconds(10)) }
        let time = chance.between(.milliseconds(1), .milliseconds(20), of: "travel")
        guard chance.happens(faults.callLate, of: "call late") else { return try await wait(time) }
        add("\(what) is late")
        try await wait(time * 100)
    }

    // MARK: What arrives late

    /// A command arrives that nobody waits for. A host that has seen a newer fence refuses it, one that has done it does nothing.
    private func deliver(_ late: Troubles.Late) {
        let how = late.isDouble ? "once more" : "late"
        guard ![.cutOff, .deaf].contains(troubles.reach(of: late.host)) else { return add("\(late.what) is lost on its way") }
        var isDone = false
        do {
            try late.copy.deliver()
            isDone = true
            add("\(late.what) arrives \(how)")
        } catch let refusal as CloudError { add("\(late.what) arrives \(how): \(refusal.code.rawValue)") } catch {
            add("\(late.what) arrives \(how): \(error)")
        }
        watch.effect(on: late.subject, at: late.host, by: isDone ? late.copy.command : nil, over: hosts)
        step()
    }

    // MARK: What befalls hosts and clocks

    /// What is over ends, and what is due arrives.
    private func goOn() {
        let now = simulator.now.elapsed
        for trouble in troubles.takeOver(by: now) { end(trouble) }
        for late in troubles.takeArrived(by: now) { deliver(late) }
    }

    /// Nothing goes wrong any more, and the clock is right again. What is on its way still arrives.
    func heal() {
        for trouble in troubles.takeOver(by: nil) { end(trouble) }
        let ahead = troubles.takeClockAhead()
        if ahead != .zero { setClock(by: .zero - ahead) }
    }

    private func end(_ trouble: Troubles.Kind) {
        switch trouble {
        case .reach(let host, _): add("\(host): calls are whole again")
        case .storeFull(let host, let capacity):
            add("\(host): its store has room again")
            alter(host) { try $0.disks.intervene { $0.capacity = capacity } }
        case .recordsFailed(let manager): crashManager(manager)
        }
    }

    func begin(_ trouble: Troubles.Kind, for duration: Duration) { troubles.begin(trouble, until: simulator.now.elapsed + duration) }

    /// Chance has its way with a host, where a call is on its way to it.
    private func befall(_ host: ID<HostKind>, _ faults: Faults) {
        func happens(_ rate: Int, _ name: String, between least: Int, and most: Int) -> Duration? {
            guard chance.happens(rate, of: name) else { return nil }
            return chance.between(.seconds(least), .seconds(most), of: "how long: \(name)")
        }
        if let away = happens(faults.hostCrashes, "host crashes", between: 10, and: 60) { losePower(of: host, for: away) }
        let reaches: [(Int, Scenario.Reach)] = [
            (faults.hostSlow, .slow), (faults.hostCutOff, .cutOff), (faults.hostDeaf, .deaf), (faults.hostMute, .mute),
        ]
        for (rate, reach) in reaches {
            guard let duration = happens(rate, "host is \(reach.rawValue)", between: 5, and: 60) else { continue }
            begin(reach, of: host, for: duration)
        }
        if let duration = happens(faults.storeFull, "store is full", between: 10, and: 60) { fillStore(of: host, for: duration) }
        if chance.happens(faults.clockJumps, of: "clock jumps") {
            let lengths: [Duration] = [.seconds(2), .seconds(90), .seconds(3600), .seconds(86_400)]
            let length = lengths[chance.below(lengths.count, of: "how far the clock jumps")]
            let jump = chance.below(2, of: "how far the clock jumps") == 0 ? length : .zero - length
            troubles.clockJumps(by: jump)
            setClock(by: jump)
        }
    }

    private func setClock(by jump: Duration) {
        add("the clock is set by \(jump.wholeMilliseconds / 1000) s")
        clock.jump(by: jump)
    }

    /// One thing at a time is wrong with the way to a host; the first lasts.
    private func begin(_ reach: Scenario.Reach, of host: ID<HostKind>, for duration: Duration) {
        guard troubles.reach(of: host) == .whole else { return }
        add("\(host): calls are \(reach.rawValue)")
        begin(.reach(host, reach), for: duration)
    }

    private func losePower(of host: ID<HostKind>, for away: Duration) {
        add("\(host) loses its power")
        alter(host) { try $0.losePower() }
        begin(.cutOff, of: host, for: away)
    }

    private func fillStore(of host: ID<HostKind>, for duration: Duration) {
        let isFull = troubles.contains { if case .storeFull(host, _) = $0 { true } else { false } }
        guard !isFull, let disks = hosts[host]?.disks.snapshot() else { return }
        add("\(host): its store is full")
        alter(host) { try $0.disks.intervene { $0.capacity = $0.used } }
        begin(.storeFull(host, capacity: disks.capacity), for: duration)
    }

    /// Changes a host behind everyone's back. What keeps it may refuse that; then it is as it was, and the log says so.
    private func alter(_ host: ID<HostKind>, _ change: (SimulatedHost) throws -> Void) {
        guard let there = hosts[host] else { return }
        do { try change(there) } catch { add("\(host) is as it was: \(error)") }
    }
}
