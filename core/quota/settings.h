#pragma once

#include "core/base/result.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace core::quota {

/// What holds for all rate limits of the cluster (sys/quotas/config).
struct Settings {
    std::vector<std::string> exemptPaths;         // each a prefix; one that begins with '!' is an exception
    std::vector<std::string> absoluteExemptPaths; // the same here, where there is only the root namespace
    bool isRefusalAudited = false;
    bool hasHeaders = false;

    /// Before anything was stored: what an operator needs in an emergency is never limited.
    static Settings initial();
    /// Whether the path is not counted: the longest prefix among the entries decides.
    bool isExempt(std::string_view path) const;

    boost::json::object describe() const;
    static Result<Settings> fromText(std::string_view text);
};

} // namespace core::quota
