#include "core/server/config/config_addresses.h"

#include "core/server/config/address_template.h"

namespace core::server {

using namespace policy;

namespace {

class Expansion {
public:
    Expansion(const std::filesystem::path& file, const InterfaceSource& interfaces) : m_file{file}, m_interfaces{interfaces} {}

    Result<> expand(hcl::Entry& entry)
    {
        const auto* text = entry.value.string();
        if (!text || text->find("{{") == std::string::npos) return {};
        if (!m_isKnown) {
            m_known = m_interfaces();
            m_isKnown = true;
        }
        auto address = expandAddressTemplate(*text, m_known);
        if (!address) {
            return std::move(address).error().withContext(m_file.string() + ":" + std::to_string(entry.value.position.line) + ": " + entry.key);
        }
        entry.value = hcl::Value{*std::move(address), entry.value.position};
        return {};
    }

    /// Handles both forms of listeners: blocks, and JSON's lists of objects.
    Result<> expandBelow(hcl::Object& object)
    {
        for (auto& entry : object) {
            if (entry.key == "address" || entry.key == "cluster_address") {
                if (auto done = expand(entry); !done) return done;
            }
            if (auto* inner = entry.value.object()) {
                if (auto done = expandBelow(*inner); !done) return done;
            }
            if (const auto* list = entry.value.list()) {
                if (auto done = expandList(entry, *list); !done) return done;
            }
        }
        return {};
    }

private:
    Result<> expandList(hcl::Entry& entry, const hcl::List& list)
    {
        auto items = list;
        for (auto& item : items) {
            if (auto* object = item.object()) {
                if (auto done = expandBelow(*object); !done) return done;
            }
        }
        entry.value = hcl::Value{std::move(items), entry.value.position};
        return {};
    }

    const std::filesystem::path& m_file;
    const InterfaceSource& m_interfaces;
    std::vector<InterfaceAddress> m_known;
    bool m_isKnown = false;
};

} // namespace

Result<> expandAddresses(hcl::Object& root, const std::filesystem::path& file, const InterfaceSource& interfaces)
{
    Expansion expansion{file, interfaces};
    for (auto& entry : root) {
        if (entry.key == "api_addr" || entry.key == "cluster_addr") {
            if (auto done = expansion.expand(entry); !done) return done;
        }
        if (entry.key != "listener") continue;
        hcl::Object alone{std::move(entry)};
        auto done = expansion.expandBelow(alone);
        entry = std::move(alone.front());
        if (!done) return done;
    }
    return {};
}

} // namespace core::server
