#pragma once

#include "core/replication/peers/link_judge.h"
#include "core/replication/promotion/preview.h"

namespace core::replication {

/// The facts about what a promotion would lose, from this cluster and from the others.
struct LossSurvey {
    Type type = Type::Dr;
    WallTime now;
    LinkStatus report;
    Position position;
    LossFacts facts;
    bool isLinkUp = false;
    std::vector<AskedMember> described; // the primary among them
    std::vector<AskedMember> beyond;    // those that answered
    std::vector<std::string> seenBy;
    std::vector<std::string> older; // "the member "north" runs Holdfast 0.1.0"
    std::uint64_t salvageable = 0;
    std::string salvageFrom;
    std::string betterCandidate;
};

/// Asks other members what a promotion of this secondary would lose. preview.h computes from facts alone.
///
/// Operations of the API block on the network for some seconds. Never call them on an I/O thread. Thread-safe.
class LossPreview {
public:
    LossPreview(const MemberServices& services, const MemberQuestions& questions, const LinkJudge& links)
        : m_services{services}
        , m_questions{questions}
        , m_links{links}
    {}

    /// 400 if this is no secondary of the type.
    mount::Response preview(Type type) const;
    /// The same in one or two sentences, within about two seconds, for the answer of a promotion.
    std::vector<std::string> promotionWarnings(Type type) const;

private:
    LossSurvey survey(Type type, std::size_t entryMax, std::chrono::milliseconds atMost) const;
    std::vector<std::string> olderMembers(const std::vector<AskedMember>& described) const;
    boost::json::object surveyObject(const LossSurvey& survey) const;
    bool isHeldHere(const wire::LogTailEntry& entry) const;

    const MemberServices& m_services;
    const MemberQuestions& m_questions;
    const LinkJudge& m_links;
};

} // namespace core::replication
