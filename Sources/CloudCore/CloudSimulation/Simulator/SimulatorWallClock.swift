// SPDX-License-Identifier: Apache-2.0

public import CloudModel
import Synchronization

/// The wall clock of a simulation: it goes with the simulator's time, and can be set.
public final class SimulatorWallClock: WallClock {
    private let simulator: Simulator
    private let begins: Timestamp
    private let ahead = Mutex(Duration.zero)

    init(_ simulator: Simulator, begins: Timestamp) {
        self.simulator = simulator
        self.begins = begins
    }

    /// The present moment.
    public func now() -> Timestamp { begins + simulator.now.elapsed + ahead.withLock { $0 } }
    /// Sets the clock forward, or back by a negative duration: those who wait are not touched.
    public func jump(by duration: Duration) { ahead.withLock { $0 += duration } }
}
