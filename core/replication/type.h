#pragma once

#include <string_view>

namespace core::replication {

enum class Type { Performance, Dr };

/// "performance", "dr".
std::string_view toString(Type type);

} // namespace core::replication
