#pragma once

#include "core/mount/response.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace core::mount {

/// The names in `data` that are not in `known`, sorted. Most likely they are misspelt.
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

/// The warning about fields without effect, in Vault's words; `names` in their order.
inline std::string ignoredWarning(const std::vector<std::string>& names)
{
    std::string text = "Endpoint ignored these unrecognized parameters: [";
    for (const auto& name : names) text.append(&name == &names.front() ? "" : " ").append(name);
    return text + "]";
}

/// Adds the warnings about fields without effect to an answer with content: fields that are not in `known`, and fields that the path sets
/// (`captured`) although the request has them too. The caller decides whether an answer without content gets warnings, because that makes it a 200.
template<class Known, class Captured = std::initializer_list<std::string_view>>
void warnOfFields(Response& response, const boost::json::object& data, const Known& known, const Captured& captured)
{
    if (data.empty() || response.isError || response.isRaw) return;
    std::vector<std::string> replaced;
    for (const auto name : captured) {
        if (data.contains(name)) replaced.emplace_back(name);
    }
    auto ignored = unknownFields(data, known);
    std::erase_if(ignored, [&](const std::string& name) { return std::find(replaced.begin(), replaced.end(), name) != replaced.end(); });
    if (!ignored.empty()) response.warnings.push_back(ignoredWarning(ignored));
    if (replaced.empty()) return;
    std::string text = "Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [";
    for (const auto& name : replaced) text.append(&name == &replaced.front() ? "" : " ").append(name);
    response.warnings.push_back(text + "]");
}

} // namespace core::mount
