#include "core/quota/rule_set.h"

#include <algorithm>

namespace core::quota {

RuleSet::RuleSet(std::vector<Rule> rules) : m_rules{std::move(rules)}
{
    for (std::size_t index = 0; index < m_rules.size(); ++index) {
        const auto& rule = m_rules[index];
        if (rule.mountPath.empty()) {
            m_global = &rule;
            continue;
        }
        auto& mount = m_mounts[rule.mountPath];
        if (!rule.role.empty()) mount.byRole[rule.role] = index;
        else if (rule.isPrefix) mount.prefixes.push_back(index);
        else if (!rule.suffix.empty()) mount.byPath[rule.suffix] = index;
        else mount.whole = &rule;
    }
    for (auto& [path, mount] : m_mounts) {
        std::ranges::sort(mount.prefixes, std::ranges::greater{}, [this](std::size_t index) { return m_rules[index].suffix.size(); });
    }
}

const Rule* RuleSet::find(std::string_view mountPath, std::string_view relativePath, std::string_view role) const
{
    const auto found = m_mounts.find(mountPath);
    if (found == m_mounts.end()) return m_global;
    const auto& mount = found->second;
    if (!role.empty()) {
        if (const auto ofRole = mount.byRole.find(role); ofRole != mount.byRole.end()) return &m_rules[ofRole->second];
    }
    if (const auto exact = mount.byPath.find(relativePath); exact != mount.byPath.end()) return &m_rules[exact->second];
    for (const auto index : mount.prefixes) {
        if (relativePath.starts_with(m_rules[index].suffix)) return &m_rules[index];
    }
    return mount.whole ? mount.whole : m_global;
}

bool RuleSet::needsRole(std::string_view mountPath) const
{
    const auto found = m_mounts.find(mountPath);
    return found != m_mounts.end() && !found->second.byRole.empty();
}

} // namespace core::quota
