#pragma once

#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/base/encoding.h"
#include "core/transit/routes/transit_backend.h"
#endif

namespace testing_transit {

using core::policy::Operation;

/// A transit mount whose caches are dropped after each commit, as the request pipeline does it.
class TransitFixture : public testing_backend::Fixture {
public:
    TransitFixture() : Fixture{testing_backend::mountOf("transit/", "transit")} {}

    core::Result<core::mount::Response> tryAsk(Operation operation, const std::string& path, const std::string& body = "{}")
    {
        std::vector<std::string> changed;
        const auto request = requestOf({operation, path, body});
        auto answered = inTransaction([&](core::mount::Context& context) {
            auto response = backend.handle(request, context);
            readCount = context.system->transaction().keysRead().size();
            for (const auto& [key, written] : context.system->transaction().writes()) changed.push_back(key);
            return response;
        });
        const bool isCommitted = answered && !answered->isError;
        const std::string folder = "s/logical/" + mount.uuid + "/";
        for (const auto& key : changed) {
            if (isCommitted && key.starts_with(folder)) backend.invalidate(key.substr(folder.size()));
        }
        return answered;
    }

    core::mount::Response write(const std::string& path, const std::string& body = "{}", Operation operation = Operation::Update)
    {
        auto answered = tryAsk(operation, path, body);
        if (!answered) qFatal("%s: %s", path.c_str(), toString(answered.error()).c_str());
        return std::move(*answered);
    }
    core::mount::Response read(const std::string& path) { return write(path, {}, Operation::Read); }

    /// A member of `data` as text.
    static QByteArray member(const core::mount::Response& response, const char* name)
    {
        const auto data = testing_backend::dataOf(response);
        const auto* value = data.if_contains(name);
        if (!value) return {};
        return value->is_string() ? QByteArray{value->get_string().c_str()} : testing_backend::textOf(*value);
    }

    core::transit::TransitBackend backend;
    std::size_t readCount = 0; // rows that the last request has read
};

inline std::string plain(std::string_view text)
{
    return R"({"plaintext":")" + core::toBase64(text) + R"("})";
}
inline std::string cipherBody(const QByteArray& ciphertext)
{
    return R"({"ciphertext":")" + ciphertext.toStdString() + R"("})";
}

} // namespace testing_transit
