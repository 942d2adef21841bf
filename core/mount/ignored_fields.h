#pragma once

#include <boost/json/object.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace core::mount {

/// The names in `data` that `known` lacks, sorted: most likely misspelt.
template<class Known>
std::vector<std::string> unknownFields(const boost::json::object& data, const Known& known)
{
    std::vector<std::string> names;
    for (const auto& [key, value] : data) {
        const std::string_view name{key.data(), key.size()};
        if (std::find(std::begin(known), std::end(known), name) == std::end(known)) names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// The warning about fields that had no effect, as clients know it; `names` in its order.
inline std::string ignoredWarning(const std::vector<std::string>& names)
{
    std::string text = "Endpoint ignored these unrecognized parameters: [";
    for (const auto& name : names) text.append(&name == &names.front() ? "" : " ").append(name);
    return text + "]";
}

} // namespace core::mount
