#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace core::mount {

/// A number as people and Go's programs write it: 2596.142 and 0, where the JSON library writes 2.596142E3 and 0E0. Readers of YAML 1.1 take
/// those for texts. An exponent stands only below 1e-6 and from 1e21 on.
std::string numberText(double number);

/// JSON without blanks, with numbers as numberText() has them. For answers; values of clients are passed on as they came.
std::string serializePlain(const boost::json::object& object);

} // namespace core::mount
