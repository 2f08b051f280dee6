// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import CloudStore
public import CloudWorkflow

/// What whoever runs a cloud should know: for a log, in English, told when it begins and not at each pass; and what is only counted
/// (``passed(_:_:)``).
public enum CloudNotice: Sendable, CustomStringConvertible {
    /// A run was cut off where its journal says; it is taken up again.
    case cutOff(RunID, any Error)
    /// The row of a run cannot be read; nobody takes it further until it can.
    case unreadable(RunID, any Error)
    /// Nobody could look for operations that are not finished; tried again at the next pass.
    case notTakenUp(any Error)
    /// A run ended, or got stuck; told once for each time that it got stuck, however often it is tried again.
    case ended(RunNews)
    /// A pass of a reconciler took so long. Told at each.
    case passed(String, Duration)
    /// A pass of a reconciler failed; the next one comes all the same.
    case passFailed(String, any Error)
    /// A host did not answer: its instances are shown as unknown once its last word is old.
    case hostSilent(ID<HostKind>, any Error)
    /// A host answers again.
    case hostHeard(ID<HostKind>)
    /// Domains of ours on a host that no record knows: reported, never touched.
    case orphans(ID<HostKind>, [ID<InstanceKind>])
    /// The records of an instance cannot follow what was seen of it.
    case notSettled(ID<InstanceKind>, any Error)
    /// A disk cannot be removed from the trash.
    case notCollected(ID<DiskKind>, any Error)
    /// A part of what the collector takes away could not be looked through.
    case notCleaned(String, any Error)
    /// What a host served was not what the records say, and was made good: so many networks and ports.
    case repaired(ID<HostKind>, networks: Int, ports: Int)
    /// What a host serves cannot be looked at or made good.
    case notRepaired(ID<HostKind>, String)
    /// Which keys are due in a running instance cannot be read; it keeps those that it has.
    case keysUnknown(ID<InstanceKind>, any Error)
    /// The password that a running instance's guest may or may not have cannot be opened; somebody has to set another.
    case passwordSealed(ID<InstanceKind>, CloudError)
    /// Whether a running instance is ready cannot be looked at: a row of it cannot be read.
    case readinessUnknown(ID<InstanceKind>, any Error)
    /// What is due by an instance's lease cannot be begun.
    case notSwept(ID<InstanceKind>, any Error)
    /// Nobody had looked for so long; the dates of destruction of so many instances fell into it and moved.
    case wasAway(Duration, moved: Int)
    /// A part of the cloud stands still until an operator has looked (lyceum alarm list).
    case alarm(Alarm)
    /// A pass has more to take away than its budget: what remains comes with the next passes. Where nobody expects it, look at the clock
    /// and at the host before it goes on.
    case overBudget(String, budget: Int)

    /// The operation it is about, for the log line; nil for none.
    public var run: RunID? {
        switch self {
        case .cutOff(let run, _), .unreadable(let run, _): run
        case .ended(let news): news.run
        default: nil
        }
    }

    /// The sentence.
    public var description: String {
        switch self {
        case .cutOff(_, let error): "cut off, and taken up again: \(error)"
        case .unreadable(_, let error): "cannot be read, and is taken further by nobody: \(error)"
        case .notTakenUp(let error): "operations that are not finished cannot be looked for: \(error)"
        case .ended(let news): news.sentence
        case .passed(let pass, let time): "\(pass): a pass took \(time.wholeMilliseconds) ms"
        case .passFailed(let pass, let error): "\(pass): a pass failed: \(error)"
        case .hostSilent(let host, let error): "\(host) does not answer: \(error)"
        case .hostHeard(let host): "\(host) answers again"
        case .orphans(let host, let orphans):
            "\(host) has machines of ours that no record knows: \(orphans.map(\.text).joined(separator: ", "))"
        case .notSettled(let instance, let error): "the records of \(instance) cannot follow what was seen of it: \(error)"
        case .notCollected(let disk, let error): "\(disk) cannot be removed from the trash: \(error)"
        case .notCleaned(let part, let error): "the collector cannot go through \(part): \(error)"
        case .repaired(let host, let networks, let ports):
            "\(host): \(networks) networks and \(ports) ports were not as the records say, and were made good"
        case .notRepaired(let host, let what): "\(host): what it serves cannot be made good: \(what)"
        case .keysUnknown(let instance, let error): "which keys are due in \(instance) cannot be read: \(error)"
        case .passwordSealed(let instance, let error):
            "the password of \(instance), of which nobody knows whether its guest has it, cannot be opened; set another: \(error)"
        case .readinessUnknown(let instance, let error): "whether \(instance) is ready cannot be looked at: \(error)"
        case .notSwept(let instance, let error): "what is due by the lease of \(instance) cannot be begun: \(error)"
        case .wasAway(let duration, let moved):
            "nobody looked for \(duration.components.seconds) s; \(moved) dates of destruction fell into it and moved"
        case .alarm(let alarm):
            "alarm \(alarm.id): \(alarm.code) \(alarm.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))"
        case .overBudget(let pass, let budget): "\(pass): more than the \(budget) of one pass are due; the rest comes with the next ones"
        }
    }
}

extension RunNews {
    /// What became of it, with the reason.
    fileprivate var sentence: String {
        switch outcome {
        case .done: "\(kind) of \(object) is done"
        case .superseded: "\(kind) of \(object): another operation took over"
        case .undone(let failure): "\(kind) of \(object) was refused and is taken back: \(CloudError(failure))"
        case .stuck(let point):
            "\(kind) of \(object) is stuck \(point.undoing ? "taking back" : "at") \(point.step), and tried again: \(CloudError(point.failure))"
        }
    }
}

extension HostWatch.Report {
    /// What is new in this report of one host since the last one; nil for a first one.
    func news(of host: ID<HostKind>, since last: Self?) -> [CloudNotice] {
        var news: [CloudNotice] = []
        if let error = silent[host], last?.silent[host] == nil { news.append(.hostSilent(host, error)) }
        if silent[host] == nil, last?.silent[host] != nil { news.append(.hostHeard(host)) }
        if !orphans.isEmpty, orphans != last?.orphans ?? [] { news.append(.orphans(host, orphans)) }
        for (instance, error) in unsettled.sorted(by: { $0.key < $1.key }) where last?.unsettled[instance] == nil {
            news.append(.notSettled(instance, error))
        }
        if isOverBudget, last?.isOverBudget != true { news.append(.overBudget("host watch", budget: HostWatch.budget)) }
        return news
    }
}

extension Collector.Report {
    /// What is new in this report since the last one; nil for a first one.
    func news(since last: Self?) -> [CloudNotice] {
        var news = refused.sorted { $0.key < $1.key }.filter { last?.refused[$0.key] == nil }.map {
            CloudNotice.notCollected($0.key, $0.value)
        }
        for (part, error) in failed.sorted(by: { $0.key < $1.key }) where last?.failed[part] == nil {
            news.append(.notCleaned(part, error))
        }
        if isOverBudget, last?.isOverBudget != true { news.append(.overBudget("collector", budget: Collector.budget)) }
        return news
    }
}

extension KeyRing.Report {
    /// What is new in this report since the last one; nil for a first one.
    func news(since last: Self?) -> [CloudNotice] {
        unread.sorted { $0.key < $1.key }.filter { last?.unread[$0.key] == nil }.map { CloudNotice.keysUnknown($0.key, $0.value) }
            + unopened.sorted { $0.key < $1.key }.map { CloudNotice.passwordSealed($0.key, $0.value) }
    }
}

extension ReadyWatch.Report {
    /// What is new in this report since the last one; nil for a first one.
    func news(since last: Self?) -> [CloudNotice] {
        unread.sorted { $0.key < $1.key }.filter { last?.unread[$0.key] == nil }.map { CloudNotice.readinessUnknown($0.key, $0.value) }
    }
}

extension LeaseSweeper.Report {
    /// What is new in this report since the last one; nil for a first one.
    func news(since last: Self?) -> [CloudNotice] {
        var news = away.map { [CloudNotice.wasAway($0, moved: moved.count)] } ?? []
        news += alarms.filter { alarm in last?.alarms.contains { $0.id == alarm.id } != true }.map(CloudNotice.alarm)
        return news
            + refused.sorted { $0.key < $1.key }.filter { last?.refused[$0.key] == nil }.map { CloudNotice.notSwept($0.key, $0.value) }
    }
}

extension FabricWatch.Report {
    /// What is new in this report of one host since the last one; nil for a first one.
    func news(of host: ID<HostKind>, since last: Self?) -> [CloudNotice] {
        var news: [CloudNotice] = []
        if !networks.isEmpty || !ports.isEmpty { news.append(.repaired(host, networks: networks.count, ports: ports.count)) }
        for (object, reason) in failed.sorted(by: { $0.key < $1.key }) where last?.failed[object] == nil {
            news.append(.notRepaired(host, "\(object): \(reason)"))
        }
        return news
    }
}
