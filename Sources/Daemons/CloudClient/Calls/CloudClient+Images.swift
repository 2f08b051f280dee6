// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
public import CloudModel

/// Uploads, images and templates.
extension CloudClient {
    /// Sends the bytes of a file, read while they are sent; `size` is the file's size in bytes. Sent again from its
    /// beginning after a lost connection, which may leave a second upload that no import names.
    public func upload(file path: String, size: Int64) async throws -> Received<UploadBody> {
        var call = OutgoingCall("POST", "/v1/uploads")
        call.body = .file(path: path, size: size)
        return try await fetch(UploadBody.self, call)
    }

    /// The images that the caller may see.
    public func images() -> Listing<ImageBody> { list(ImageBody.self, "/v1/images") }
    /// One image.
    public func image(_ id: ID<ImageKind>) async throws -> Received<ImageBody> { try await get(ImageBody.self, "/v1/images/\(id)") }
    /// Judges an upload and keeps it as an image.
    public func importImage(_ request: ImportImageRequest) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/images", request)
    }

    /// The templates that the caller may use.
    public func templates() -> Listing<TemplateBody> { list(TemplateBody.self, "/v1/templates") }
    /// One template.
    public func template(_ id: ID<TemplateKind>) async throws -> Received<TemplateBody> {
        try await get(TemplateBody.self, "/v1/templates/\(id)")
    }
    /// Lets a revision of a template be what instances are made from.
    public func publishRevision(_ number: Int, of id: ID<TemplateKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/templates/\(id)/publish-revision", RevisionRequest(revision: number))
    }
    /// Lets a revision of a template no longer be made instances of.
    public func retireRevision(_ number: Int, of id: ID<TemplateKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/templates/\(id)/retire-revision", RevisionRequest(revision: number))
    }
    /// Makes a template of an image.
    public func createTemplate(_ request: CreateTemplateRequest) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/templates", request)
    }
}
