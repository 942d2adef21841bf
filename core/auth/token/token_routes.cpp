#include "core/auth/token/token_backend.h"
#include "core/auth/token/token_role.h"

namespace core::auth {
namespace {

using mount::Response;
using route::Call;
using route::Field;
using route::FieldList;
using route::FieldType;
using route::Handler;
using route::RouteTable;
using route::Verb;

const FieldList kCreateFields{{"id", FieldType::Text, "The token's value, for root and sudo only; random without it."},
                              {"policies", FieldType::TextList, "The policies; those of the caller without it."},
                              {"meta", FieldType::TextMap, "Texts that are shown with the token and audited."},
                              {"no_parent", FieldType::Boolean, "The token lives on when the caller's token ends. Needs sudo.", "false"},
                              {"no_default_policy", FieldType::Boolean, "The token does not get the policy `default`.", "false"},
                              {"renewable", FieldType::Boolean, "The token can be renewed.", "true"},
                              {"ttl", FieldType::Duration, "How long the token lives until it is renewed."},
                              {"lease", FieldType::Duration, "The older name of `ttl`."},
                              {"type", FieldType::Text, "`service` or `batch`.", "\"service\""},
                              {"explicit_max_ttl", FieldType::Duration, "When the token ends, renewed or not.", "0"},
                              {"display_name", FieldType::Text, "A name that is shown with the token and audited.", "\"token\""},
                              {"num_uses", FieldType::Integer, "After how many requests the token ends; 0 is never.", "0"},
                              {"period", FieldType::Duration, "The token can be renewed without end, each time by this period. Needs sudo.", "0"},
                              {"entity_alias", FieldType::Text, "The alias of the token's entity, where the role allows it."}};
const Field kToken{"token", FieldType::Text, "The token."};
const Field kAccessor{"accessor", FieldType::Text, "The accessor of the token."};
const Field kIncrement{"increment", FieldType::Duration, "The time from now that is asked for."};

} // namespace

TokenBackend::TokenBackend(Services services)
    : RoutedBackend{routes(), "The token credential backend is always enabled and builtin to Vault.\n"
                              "Client tokens are used to identify a client and to allow Vault to associate policies and ACLs\n"
                              "which are enforced on every request. This backend also allows for generating sub-tokens as well\n"
                              "as revocation of tokens. The tokens are renewable if associated with a lease.\n"}
    , m_services{std::move(services)}
{}

template<class Work>
Handler TokenBackend::withToken(Work work)
{
    return [work](Call& call) -> Answer {
        if (!call.request.token) return Error{ErrorCode::PermissionDenied, "a token is needed"};
        return work(static_cast<TokenBackend&>(*call.backend), call);
    };
}

void TokenBackend::addCreateRoutes(RouteTable& routes)
{
    // Which fields of a creation have no effect depends on the role as well: create() warns by itself.
    const auto add = [&](const char* pattern, bool isOrphanPath, const char* help) {
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = withToken([isOrphanPath](TokenBackend& self, Call& call) {
                        return self.create(call.request, call.context, isOrphanPath, call.part("role_name"));
                    }),
                    .fields = kCreateFields,
                    .isWithoutWarnings = true,
                    .help = help});
    };
    add("create", false, "Makes a token, a child of the caller's.");
    add("create-orphan", true, "Makes a token that has no parent.");
    add("create/*role_name", false, "Makes a token as the role says.");
}

void TokenBackend::addLookupRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Read | Verb::Write,
                .pattern = "lookup",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.lookup(call.request, call.context); }),
                .fields = FieldList{kToken},
                .help = "Shows a token; the caller's without `token`."});
    routes.add({.verbs = Verb::Read | Verb::Write,
                .pattern = "lookup-self",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.lookupSelf(call.request, call.context); }),
                .fields = FieldList{kToken},
                .help = "Shows the caller's token."});
    routes.add({.verbs = Verb::Write,
                .pattern = "lookup-accessor",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.lookupAccessor(call.request, call.context); }),
                .fields = FieldList{kAccessor},
                .help = "Shows a token by its accessor, without its value."});
    routes.add({.verbs = Verb::List,
                .pattern = "accessors",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.listAccessors(call.context); }),
                .needsSudo = true,
                .isSlow = true, // its time grows with the number of tokens
                .help = "Lists the accessors of all tokens."});
}

void TokenBackend::addRenewRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "renew",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.renew(call.request, call.context, false); }),
                .fields = FieldList{kToken, kIncrement},
                .help = "Renews a token."});
    routes.add({.verbs = Verb::Write,
                .pattern = "renew-self",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.renew(call.request, call.context, true); }),
                .fields = FieldList{kToken, kIncrement},
                .help = "Renews the caller's token."});
    routes.add({.verbs = Verb::Write,
                .pattern = "renew-accessor",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.renewAccessor(call.request, call.context); }),
                .fields = FieldList{kAccessor, kIncrement},
                .help = "Renews a token by its accessor."});
}

void TokenBackend::addRevokeRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "revoke",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.revoke(call.request, call.context, false); }),
                .fields = FieldList{kToken},
                .help = "Ends a token, its children and what they leased."});
    routes.add({.verbs = Verb::Write,
                .pattern = "revoke-self",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.revoke(call.request, call.context, true); }),
                .help = "Ends the caller's token, its children and what they leased."});
    routes.add({.verbs = Verb::Write,
                .pattern = "revoke-accessor",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.revokeAccessor(call.request, call.context); }),
                .fields = FieldList{kAccessor},
                .help = "Ends a token by its accessor."});
    routes.add({.verbs = Verb::Write,
                .pattern = "revoke-orphan",
                .handle = withToken([](TokenBackend& self, Call& call) { return self.revokeOrphan(call.request, call.context); }),
                .fields = FieldList{kToken},
                .help = "Ends a token; its children live on without a parent. Needs sudo."});
    routes.add({.verbs = Verb::Write,
                .pattern = "tidy",
                .handle = withToken([](TokenBackend& self, Call&) { return self.tidy(); }),
                .help = "Removes what ended tokens left behind."});
}

const RouteTable& TokenBackend::routes()
{
    static const RouteTable table = [] {
        RouteTable made{"auth/token/"};
        addTokenRoleRoutes(made);
        addCreateRoutes(made);
        addLookupRoutes(made);
        addRenewRoutes(made);
        addRevokeRoutes(made);
        return made;
    }();
    return table;
}

} // namespace core::auth
