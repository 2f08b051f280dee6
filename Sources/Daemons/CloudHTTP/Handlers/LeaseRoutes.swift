// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import CloudOperations

extension Route {
    /// Notices of leases, the links in them, and alarms.
    static let leases: [Route] = [
        Route("listNotices", .get, "/v1/notices", query: Request.paging) { service, request in
            let page = try await service.cloud.notices(for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { NoticeBody($0.notice, link: $0.link) }
        },
        Route("getRenewal", .get, SecretPath.renewal.route, access: .open) { service, request in
            try .json(RenewalBody(try await service.cloud.renewalOffer(request.parameters["token"] ?? "")))
        },
        Route("renewByLink", .post, SecretPath.renewal.route, access: .open) { service, request in
            // Without login, but in somebody's name: so it counts among their calls.
            let token = request.parameters["token"] ?? ""
            let slot = try service.limits.enter(try await service.cloud.renewalOffer(token).owner)
            defer { slot.end() }
            return try .json(RenewalBody(try await service.cloud.renew(byLink: token)))
        },
        Route("listAlarms", .get, "/v1/alarms", query: Request.paging) { service, request in
            let page = try await service.cloud.alarms(for: try request.principal(), after: try request.place(), limit: try request.limit())
            return try request.page(page) { AlarmBody($0) }
        },
        Route("clearAlarm", .put, "/v1/alarms/{id}/cleared", body: .json) { service, request in
            let body = try request.decode(ClearAlarmRequest.self)
            let alarm = try await service.cloud.clearAlarm(
                request.parameters["id"] ?? "", allowing: body.allow, by: try request.principal())
            return try .json(AlarmBody(alarm))
        },
    ]
}

extension RenewalBody {
    fileprivate init(_ offer: Cloud.RenewalOffer) { self.init(name: offer.name.text, dates: offer.dates, renewed: offer.renewed) }
}
