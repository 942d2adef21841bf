#pragma once

#include "core/quota/rule.h"

#include <map>
#include <vector>

namespace core::quota {

/// Rules of one kind, and which of them counts for a request: the most specific one. Immutable, so any thread can ask it.
class RuleSet {
public:
    explicit RuleSet(std::vector<Rule> rules);
    RuleSet(const RuleSet&) = delete; // the members point into m_rules
    RuleSet& operator=(const RuleSet&) = delete;

    /// In this order: role, exact path, longest prefix, mount, whole cluster. Null: none.
    const Rule* find(std::string_view mountPath, std::string_view relativePath, std::string_view role = {}) const;
    /// Whether find() needs the role of a login at this mount.
    bool needsRole(std::string_view mountPath) const;

    const std::vector<Rule>& all() const { return m_rules; }
    bool isEmpty() const { return m_rules.empty(); }
    std::size_t indexOf(const Rule& rule) const { return static_cast<std::size_t>(&rule - m_rules.data()); }

private:
    struct Mount {
        std::map<std::string, std::size_t, std::less<>> byRole;
        std::map<std::string, std::size_t, std::less<>> byPath;
        std::vector<std::size_t> prefixes; // longest first
        const Rule* whole = nullptr;
    };

    std::vector<Rule> m_rules;
    std::map<std::string, Mount, std::less<>> m_mounts;
    const Rule* m_global = nullptr;
};

} // namespace core::quota
