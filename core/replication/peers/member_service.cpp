#include "core/replication/peers/member_service.h"

namespace core::replication {

MemberService::MemberService(MemberServices services)
    : m_services{std::move(services)}
    , m_questions{m_services}
    , m_reports{m_services, m_questions}
    , m_links{m_services, m_questions, m_reports}
    , m_preview{m_services, m_questions, m_links}
    , m_salvage{m_services, m_questions}
    , m_ownBackground{m_services.background ? nullptr : std::make_unique<Worker>()}
    , m_background{m_services.background ? *m_services.background : *m_ownBackground}
    , m_answers{m_services, m_questions, m_reports, m_links, m_background}
{}

void MemberService::tick()
{
    m_reports.tick();
    m_links.tick();
}

} // namespace core::replication
