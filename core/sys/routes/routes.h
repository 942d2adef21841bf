#pragma once

#include "core/route/route_table.h"

namespace core::sys {

// The groups of sys/ declare their paths with these.
using route::Call;
using route::Field;
using route::FieldList;
using route::FieldType;
using route::Handler;
using route::kNoFields;
using route::kNoVerb;
using route::Route;
using route::RouteTable;
using route::Verb;

} // namespace core::sys
