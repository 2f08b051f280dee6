// SPDX-License-Identifier: Apache-2.0

import CloudAPI
import CloudModel
import Foundation
import Testing

@Suite struct RequestTests {
    private func create(_ text: String) throws -> CreateInstancesRequest {
        try APICoding.decode(CreateInstancesRequest.self, from: Array(text.utf8))
    }
    private func refusal(_ text: String) -> CloudError? {
        do { _ = try create(text); return nil } catch { return error as? CloudError }
    }

    @Test func aRequestComesBackAsItWasSent() throws {
        let id = try #require(ID<TemplateKind>("tmpl-a"))
        let group = try #require(ID<GroupKind>("grp-a"))
        let requests = [
            CreateInstancesRequest(template: id),
            CreateInstancesRequest(template: id, name: "lab-%02d", count: 30, group: group, start: true),
        ]
        for request in requests { #expect(try create(String(decoding: try APICoding.encode(request), as: UTF8.self)) == request) }
    }

    @Test func anArrayThatIsTooLongIsToldHowLongItMayBe() throws {
        let shape = JSONShape.array(.string, atMost: 2)
        try shape.check(.array([.string("a"), .string("b")]))
        let refusal = #expect(throws: CloudError.self) { try shape.check(.array([.string("a"), .string("b"), .string("c")])) }
        #expect(refusal?.code == .malformedRequest && refusal?.parameters["reason"] == "at most 2 items are due here, not 3")
    }

    @Test(arguments: [
        ("{\"template\":\"tmpl-a\",\"nmae\":\"x\"}", "malformed-request", "/nmae"),
        ("{\"template\":\"tmpl-a\",\"owner_id\":\"user-x\"}", "malformed-request", "/owner_id"),
        ("{}", "malformed-request", "/template"), ("", "malformed-request", "/template"), ("[]", "malformed-request", ""),
        ("{\"template\":null}", "malformed-request", "/template"),
        ("{\"template\":\"tmpl-a\",\"count\":\"3\"}", "malformed-request", "/count"),
        ("{\"template\":\"tmpl-a\",\"count\":1.0}", "malformed-request", "/count"),
        ("{\"template\":\"tmpl-a\",\"count\":9007199254740992}", "malformed-request", "/count"),
        ("{\"template\":\"tmpl-a\",\"start\":1}", "malformed-request", "/start"),
        ("{\"template\":\"tmpl-a\",\"count\":0}", "invalid-field", "/count"),
        ("{\"template\":\"vm-a\"}", "invalid-field", "/template"), ("{\"template\":\"../etc\"}", "invalid-field", "/template"),
    ])
    func aRefusalNamesThePlace(_ text: String, _ code: String, _ pointer: String) {
        #expect(refusal(text)?.code.rawValue == code)
        #expect(refusal(text)?.parameters["pointer"] == pointer)
    }

    @Test func portsOutOfRangeAreRefusedWithTheirPlace() {
        for port in ["70000", "-1", "0"] {
            do {
                _ = try APICoding.decode(OpenForwardedPortRequest.self, from: Array("{\"targetPort\":\(port)}".utf8))
                Issue.record("\(port) was taken")
            } catch { #expect(error.parameters["pointer"] == "/targetPort") }
        }
    }

    @Test func everyShapeDeclaresExactlyTheFieldsOfItsType() throws {
        let image = try #require(ID<ImageKind>("img-a"))
        let network = try #require(ID<NetworkKind>("net-a"))
        try check(
            CreateInstancesRequest(
                template: try #require(ID<TemplateKind>("tmpl-a")), revision: 1, name: "", hostname: "", count: 1, group: ID("grp-a"),
                start: true))
        let disk = try #require(ID<DiskKind>("disk-a"))
        try check(AttachDiskRequest(size: ByteCount(bytes: 1), disk: disk))
        try check(DetachDiskRequest(disk: disk))
        try check(GrowDiskRequest(disk: disk, size: ByteCount(bytes: 1)))
        try check(ResizeInstanceRequest(cpus: CPUCount(1), memory: ByteCount(bytes: 1), restart: true))
        try check(SaveAsTemplateRequest(name: "", template: ID("tmpl-a")))
        try check(RevisionRequest(revision: 1))
        try check(OpenForwardedPortRequest(targetPort: 22, transport: .tcp, publicPort: 1))
        try check(ImportImageRequest(name: "", upload: try #require(ID<UploadKind>("up-a")), format: .raw, sha256: "", group: ID("grp-a")))
        try check(
            CreateTemplateRequest(
                name: "", image: image, cpus: CPUCount(1), memory: .zero, disk: .zero, network: network,
                leasePolicy: ID("lease-a"),
                access: .ssh, agent: .required, readiness: .agent, firstBoot: .nocloud, sharedWith: [""], group: ID("grp-a")))
        try check(CreateUserRequest(login: "", name: "", role: .teacher))
        try check(CreateTokenRequest(label: "", expiresAt: APITime(Timestamp(seconds: 0))))
        try check(SetKeysRequest(keys: [""]))
        try check(EmptyRequest())
    }

    private func check<Request: APIRequest>(_ full: Request) throws {
        guard case .object(let members) = try StrictJSON.parse(Array(try APICoding.encode(full))), case .object(let fields) = Request.shape
        else { Issue.record("\(Request.self) is no object"); return }
        #expect(Set(members.map(\.key)) == Set(fields.map(\.key)), "\(Request.self)")
        #expect(throws: Never.self) { try Request.shape.check(.object(members)) }
    }

    @Test func namesAreComposedAtTheEdge() throws {
        #expect(try APICoding.name("e\u{301}").text.unicodeScalars.count == 1)
        #expect(try APICoding.name("</name><devices> 👩‍🔬").text == "</name><devices> 👩‍🔬")
        for bad in ["", "   ", " a", "a\u{A0}", "a\u{0}", "a\nb", "\u{202E}x", String(repeating: "x", count: 300)] {
            #expect(throws: CloudError.self) { try APICoding.name(bad) }
        }
    }

    @Test func answersMayGrowFieldsThatAnOldClientDoesNotKnow() throws {
        let text =
            "{\"items\":[{\"number\":1,\"code\":\"x.new\",\"object\":\"o\",\"at\":\"2026-02-03T09:00:00Z\",\"later\":{}}],\"more\":1}"
        let list = try APICoding.decodeAnswer(ListBody<EventBody>.self, from: Data(text.utf8))
        #expect(list.items.first?.code == "x.new" && list.next == nil)
    }
}
