#pragma once

#include <string_view>
#include <vector>

namespace core::route {

/// How the text or JSON of a field is read (mount::FieldList) and described.
enum class FieldType { Text, Boolean, Integer, Number, Duration, TextList, IntegerList, TextMap, Object, Any };

/// A parameter that a path knows, from the path itself, a body or a query. All texts are literals of the program.
struct Field {
    constexpr Field(const char* fieldName, FieldType fieldType = FieldType::Text, std::string_view fieldHelp = {},
                    std::string_view fieldFallback = {})
        : name{fieldName}
        , type{fieldType}
        , help{fieldHelp}
        , fallback{fieldFallback}
    {}

    /// A name alone, of any type.
    explicit constexpr Field(std::string_view fieldName) : name{fieldName}, type{FieldType::Any} {}

    std::string_view name;
    FieldType type;
    std::string_view help;
    std::string_view fallback; // JSON text of the default; empty: none
};

using FieldList = std::vector<Field>;

/// For Route::fields: the route reads none.
inline const FieldList kNoFields;

} // namespace core::route
