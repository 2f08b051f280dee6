// SPDX-License-Identifier: Apache-2.0

public import CloudModel

/// What was measured of a host: `GET /v1/hosts/{id}/findings`.
public struct FindingBody: Hashable, Sendable, Codable {
    /// What was looked at: a ``CloudModel/HostFinding/Check``; a string, for clients meet checks that are younger than they are.
    public var check: String
    /// `fine`; `advice` where it works and could be better; `wrong` where it has to be put right.
    public var grade: String
    /// What was measured.
    public var parameters: [String: String]
    /// The same as a sentence.
    public var says: String
    /// What to do; nil where it is fine.
    public var remedy: String?
    /// The body of a finding in a language.
    public init(_ finding: HostFinding, in language: Language) {
        let text = FindingText(finding, in: language)
        check = finding.check.rawValue
        grade = finding.grade.rawValue
        parameters = finding.parameters
        says = ErrorCatalogue.fill(text.says, parameters, in: language)
        remedy = text.remedy.map { ErrorCatalogue.fill($0, finding.parameters, in: language) }
    }
}
