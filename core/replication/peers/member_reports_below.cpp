#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/replication/peers/member_reports.h"
#include "core/replication/wire/peer.pb.h"

#include <boost/json/array.hpp>

#include <algorithm>

// Members below relays: the primary has no link with them and its list does not name them, so each relay reports those below it.

namespace core::replication {

namespace {

namespace json = boost::json;

constexpr std::size_t kBelowMax = 256; // of one relay, with those further down
constexpr std::size_t kNameBytesMax = 600;
constexpr std::size_t kProgramBytesMax = 64;
constexpr std::chrono::milliseconds kReportMax{1000};
constexpr std::chrono::seconds kReportInterval{10}; // the cluster above forgets it when it ends

} // namespace

MemberReports::Below MemberReports::allBelow() const
{
    Below all = m_services.manager.members().below();
    const auto role = m_services.manager.roles().role(Type::Performance);
    MutexLock lock{m_mutex};
    for (const auto& [relay, members] : m_below) {
        if (!role->find(relay)) continue; // revoked since
        for (const auto& member : members) {
            if (all.size() >= kBelowMax) return all;
            all.push_back(member);
            all.back().id += " below " + relay;
        }
    }
    return all;
}

void MemberReports::reportBelow()
{
    const auto& manager = m_services.manager;
    const bool isLinked =
        m_questions.transport() && manager.relay().isOn() && manager.roles().report(Type::Performance).connection == ConnectionState::Ready;
    if (!isLinked) {
        m_reportBelowAt = {}; // the next connection may be to another cluster
        return;
    }
    Below below = allBelow();
    const SteadyTime now = m_services.clock.steadyNow();
    if (below == m_lastBelow && now < m_reportBelowAt) return;
    wire::PeerRequest request;
    auto& report = *request.mutable_below();
    for (const auto& member : below) {
        if (member.id.size() > kNameBytesMax || report.members_size() == static_cast<int>(kBelowMax)) continue;
        auto& row = *report.add_members();
        row.set_id(member.id);
        row.set_is_connected(member.isConnected);
        row.set_is_without_new_keys(member.isWithoutNewKeys);
        row.set_program(member.program);
    }
    for (const Member& member : m_questions.transport()->members()) {
        if (member.type != Type::Performance || !member.isPrimary) continue;
        m_reportBelowAt = now + kReportInterval;
        if (m_questions.transport()->ask(member, request, kReportMax)) m_lastBelow = std::move(below);
        return;
    }
}

void MemberReports::noteBelow(const Member& peer, const wire::PeerRequest::Below& report)
{
    const auto role = m_services.manager.roles().role(Type::Performance);
    if (!role->isServing() || !m_services.manager.roles().isPlayed(Type::Performance)) return;
    for (const Member& member : m_questions.transport() ? m_questions.transport()->members() : Members{}) {
        if (member.fingerprint != peer.fingerprint || member.type != Type::Performance || member.isPrimary || !role->find(member.id)) continue;
        Below below;
        for (const auto& row : report.members()) {
            if (below.size() == kBelowMax || row.id().size() > kNameBytesMax) break;
            below.push_back(
                {printable(row.id(), kNameBytesMax), row.is_connected(), row.is_without_new_keys(), printable(row.program(), kProgramBytesMax)});
        }
        MutexLock lock{m_mutex};
        m_below[member.id] = std::move(below);
        std::erase_if(m_below, [&](const auto& entry) { return !role->find(entry.first); });
        return;
    }
}

void MemberReports::addBelow(json::object& status) const
{
    const auto role = m_services.manager.roles().role(Type::Performance);
    auto* relay = status.if_contains("relay");
    auto& target = relay && relay->is_object() ? relay->as_object() : status;
    auto* items = target.if_contains("secondaries");
    if (!role->isServing() || !items || !items->is_array()) return;
    json::array waiting;
    if (const auto* known = target.if_contains("without_new_keys"); known && known->is_array()) waiting = known->as_array();
    MutexLock lock{m_mutex};
    for (auto& item : items->as_array()) {
        const std::string id{item.as_object().at("node_id").as_string()};
        const auto found = m_below.find(id);
        if (found == m_below.end() || found->second.empty()) continue;
        auto& rows = item.as_object()["below"].emplace_array();
        for (const auto& member : found->second) {
            rows.push_back(json::object{{"id", member.id},
                                        {"is_connected", member.isConnected},
                                        {"is_without_new_keys", member.isWithoutNewKeys},
                                        {"program_version", member.program}});
            if (member.isWithoutNewKeys) waiting.emplace_back(member.id + " below " + id);
        }
    }
    if (!waiting.empty()) target["without_new_keys"] = std::move(waiting);
}

} // namespace core::replication
