#pragma once

#include "core/replication/peers/loss_preview.h"
#include "core/replication/peers/member_answers.h"
#include "core/replication/peers/salvage.h"

namespace core::replication {

/// What this cluster and other members of its sets ask each other. Owns the classes that ask, answer and judge, and ends them. Thread-safe.
class MemberService {
public:
    explicit MemberService(MemberServices services);
    ~MemberService() { stop(); }

    /// Call before anything else. The transport must live until stop().
    void setTransport(Transport& transport) { m_questions.setTransport(transport); }
    /// Call after the transport has stopped. Finishes the answers under way.
    void stop() { m_background.stop(); }
    /// Call about once a second, one call at a time. Blocking (network, two seconds).
    void tick();

    MemberAnswers& answers() { return m_answers; }
    const MemberReports& reports() const { return m_reports; }
    const LinkJudge& links() const { return m_links; }
    const LossPreview& preview() const { return m_preview; }
    Salvage& salvage() { return m_salvage; }

private:
    const MemberServices m_services;
    MemberQuestions m_questions;
    MemberReports m_reports;
    LinkJudge m_links;
    LossPreview m_preview;
    Salvage m_salvage;
    const std::unique_ptr<Background> m_ownBackground;
    Background& m_background;
    MemberAnswers m_answers;
};

} // namespace core::replication
