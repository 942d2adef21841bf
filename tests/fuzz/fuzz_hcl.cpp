#include "core/policy/acl.h"
#include "core/policy/hcl.h"
#include "core/policy/policy.h"

#include <cstdint>
#include <memory>

// A document becomes a tree or an error. As a policy it can judge a path that is made of the document itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core::policy;
    const std::string_view document{reinterpret_cast<const char*>(data), size};
    const auto tree = hcl::parse(document);
    CORE_ASSERT(!tree || tree->object());
    auto policy = parsePolicy("fuzz", document);
    if (!policy) return 0;
    CORE_ASSERT(tree.has_value());
    const auto acl = Acl::create({std::make_shared<const Policy>(*policy)}, [](std::string_view) { return "v"; });
    CORE_ASSERT(acl.has_value());
    for (const auto& rule : (*acl)->rules()) {
        (*acl)->allow({rule.path, Operation::List, nullptr, {}});
        (*acl)->hasAccessBelow(rule.path);
        CORE_ASSERT(!(*acl)->capabilities(rule.path).empty());
    }
    return 0;
}
