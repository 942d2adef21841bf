#pragma once

#include "core/replication/peers/link_judge.h"

namespace core::replication {

/// Answers the questions of other members of this cluster's sets: what this cluster holds, how it sees its links, who leads by its knowledge.
///
/// Every question is hostile until checked. Thread-safe.
class MemberAnswers {
public:
    MemberAnswers(const MemberServices& services, const MemberQuestions& questions, MemberReports& reports, const LinkJudge& links,
                  Background& background)
        : m_services{services}
        , m_questions{questions}
        , m_reports{reports}
        , m_links{links}
        , m_background{background}
    {}

    /// Answers on a thread of its own. For the cluster port.
    void answer(const Member& peer, wire::PeerRequest request, std::function<void(wire::PeerAnswer)> done);

private:
    wire::PeerAnswer answerNow(const Member& peer, const wire::PeerRequest& request);
    /// A promoted member shows its statement: answers whether this cluster has accepted it.
    void acknowledge(const Member& peer, const wire::PeerRequest::Promotion& shown, wire::PeerAnswer& answer);
    void noteFormerPrimary(const Member& peer, const wire::PeerRequest::FormerPrimaryReport& told);
    /// Entries of a trust log that the member lacks.
    void tellTrust(const Member& peer, const wire::PeerRequest::TrustQuestion& question, wire::PeerAnswer& answer) const;
    void tellAuthority(const Member& peer, const wire::PeerRequest::Authority& question, wire::PeerAnswer& answer) const;
    bool isOfSet(const Member& peer, Type type) const;
    void describe(wire::PeerDescription& out) const;
    void describeRole(Type type, wire::PeerRole& out) const;
    Result<> reportLogTail(const Member& peer, const wire::PeerRequest::LogTail& question, wire::LogTailAnswer& out) const;

    const MemberServices& m_services;
    const MemberQuestions& m_questions;
    MemberReports& m_reports;
    const LinkJudge& m_links;
    Background& m_background;
};

} // namespace core::replication
