#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace core::mount {

/// A number as people and Go's programs write it: 2596.142 and 0. The JSON library writes 2596.142E3 and 0E0, which readers of YAML 1.1 take for
/// texts. An exponent is used only below 1e-6 and from 1e21 on.
std::string numberText(double number);

/// JSON without blanks, with numbers as in numberText(). For answers. Values of clients are passed on unchanged.
std::string serializePlain(const boost::json::object& object);

} // namespace core::mount
