#include "core/audit/weight.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace core::audit {
namespace {

namespace json = boost::json;

/// The rest of the two limits while values are counted. The depth of the data is bounded by its parser.
class Budget {
public:
    /// False once a limit is passed.
    bool take(const json::value& value)
    {
        if (m_values == 0) return false;
        --m_values;
        if (const auto* text = value.if_string()) return takeText(text->size());
        if (const auto* items = value.if_array()) {
            for (const auto& item : *items) {
                if (!take(item)) return false;
            }
        }
        if (const auto* members = value.if_object()) return take(*members);
        return true;
    }
    bool take(const json::object& members)
    {
        for (const auto& [name, member] : members) {
            if (!takeText(name.size()) || !take(member)) return false;
        }
        return true;
    }
    bool takeText(std::size_t bytes)
    {
        if (bytes > m_bytes) return false;
        m_bytes -= bytes;
        return true;
    }

private:
    std::size_t m_values = kValuesMax;
    std::size_t m_bytes = kTextBytesMax;
};

} // namespace

bool isLong(const mount::Request& request)
{
    return request.bodyBytes > kTextBytesMax || !Budget{}.take(request.data);
}

bool isLong(const mount::Response& response)
{
    Budget budget;
    // Text that is spliced into the answer is parsed for the audit log, and can hold a value in every few bytes.
    if (response.wholeDataText.size() > kTextBytesMax / 8) return true;
    for (const auto& [name, text] : response.dataText) {
        if (text.size() > kTextBytesMax / 8) return true;
    }
    return response.data && !budget.take(*response.data);
}

} // namespace core::audit
