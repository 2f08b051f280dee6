// SPDX-License-Identifier: Apache-2.0

public import CloudAPI

/// Notices of leases, the links in them, and alarms.
extension CloudClient {
    /// What the caller is to be told.
    public func notices() -> Listing<NoticeBody> { list(NoticeBody.self, "/v1/notices") }
    /// What a link would renew; open to all who have it.
    public func renewal(_ token: String) async throws -> Received<RenewalBody> {
        try await get(RenewalBody.self, RenewalBody.folder + PercentCode.encoded(token))
    }
    /// Renews by a link; open to all who have it, and harmless when repeated.
    public func renew(byLink token: String) async throws -> Received<RenewalBody> {
        try await post(RenewalBody.self, RenewalBody.folder + PercentCode.encoded(token), EmptyRequest())
    }
    /// What stops a part of the cloud until an operator has looked; for site operators.
    public func alarms() -> Listing<AlarmBody> { list(AlarmBody.self, "/v1/alarms") }
    /// Clears an alarm; for site operators.
    public func clearAlarm(_ id: String, _ request: ClearAlarmRequest = .init()) async throws -> Received<AlarmBody> {
        try await fetch(AlarmBody.self, try written("PUT", "/v1/alarms/\(PercentCode.encoded(id))/cleared", request, ifMatch: nil))
    }
}
