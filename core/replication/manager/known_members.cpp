#include "core/replication/manager/known_members.h"

#include "core/replication/wire/program_version.h"

#include <algorithm>

namespace core::replication {

std::string KnownMembers::Older::text() const
{
    return name + " runs " + programText(program);
}

std::vector<KnownMembers::Older> KnownMembers::older() const
{
    std::vector<Older> out;
    const std::string& own = m_services.program;
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (!m_roles.isPlayed(type)) continue;
        const auto role = m_roles.role(type);
        const LinkStatus report = m_roles.report(type);
        for (const auto& secondary : role->secondaries) {
            if (!secondary.isActivated) continue; // an older one is refused when it connects
            std::string program;
            if (const auto heard = m_heard.find(type, secondary.id)) program = heard->program;
            const auto linked = std::ranges::find(report.secondaries, secondary.id, &LinkStatus::Secondary::id);
            const bool isLinked = linked != report.secondaries.end() && linked->isConnected;
            if (isLinked) program = linked->peer.program;
            // A secondary that is away and has proved a key has also sent its version. The version is unknown only if the key was proved a
            // moment ago.
            const bool isUnknown = program.empty() && !isLinked && !secondary.memberKey.empty();
            if (!isUnknown && isOlderProgram(program, own)) out.push_back({"the secondary \"" + secondary.id + "\"", program});
        }
        if (role->mode != Mode::Secondary || !role->identity) continue;
        std::string program = report.primary.program;
        if (const auto heard = m_heard.find(type, {}); heard && program.empty()) program = heard->program;
        const bool isUnknown = program.empty() && !role->primaryKey.empty() && report.connection != ConnectionState::Ready;
        if (!isUnknown && isOlderProgram(program, own)) out.push_back({"the primary", program});
        for (const Member& member : m_roles.transport() ? m_roles.transport()->members() : Members{}) {
            if (member.type != type || member.isPrimary || role->find(member.id) || member.id == role->secondaryId || member.heardAt == WallTime{})
                continue;
            const bool isTold = !member.memberKey.empty() || !member.program.empty();
            if (!isTold || (!member.program.empty() && isOlderProgram(member.program, own))) {
                out.push_back({"the member \"" + member.id + "\"", member.program});
            }
        }
    }
    return out;
}

std::vector<KnownMembers::Below> KnownMembers::below() const
{
    std::vector<Below> out;
    const auto role = m_roles.role(Type::Performance);
    if (!m_roles.isPerformanceSecondary() || !role->isRelay()) return out;
    const auto waiting = m_renewal.waitingBelow();
    const auto report = m_roles.report(Type::Performance);
    for (const auto& secondary : role->secondaries) {
        const auto linked = std::ranges::find(report.secondaries, secondary.id, &LinkStatus::Secondary::id);
        Below member{.id = secondary.id, .isWithoutNewKeys = std::ranges::find(waiting, secondary.id) != waiting.end()};
        if (linked != report.secondaries.end()) {
            member.isConnected = linked->isConnected;
            member.program = linked->peer.program;
        }
        out.push_back(std::move(member));
    }
    return out;
}

} // namespace core::replication
