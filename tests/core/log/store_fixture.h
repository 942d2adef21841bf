#pragma once

#include "core/crypto/digest.h"
#include "core/log/store.h"
#include "tests/core/compare_plain.h"

#include <QtTest>

#include <cstring>
#include <map>

namespace testing_log {

using Contents = std::map<std::string, std::string>;

/// A put or delete. Hash and digest depend on key and value as the real ones do, but without a secret.
inline core::log::Operation operationOf(std::string key, std::optional<std::string> value)
{
    core::log::Operation operation;
    operation.kind = value ? core::log::OperationKind::Put : core::log::OperationKind::Delete;
    const auto hash = core::crypto::sha256(key);
    std::memcpy(operation.keyHash.data(), hash.data(), operation.keyHash.size());
    if (value && !key.starts_with("i/")) {
        const auto digest = core::crypto::sha256(key + '\n' + *value);
        std::memcpy(operation.leafDigest.data(), digest.data(), operation.leafDigest.size());
    }
    operation.key = std::move(key);
    operation.value = value.value_or("");
    return operation;
}

inline void put(core::log::Transaction& transaction, std::string key, std::string value)
{
    transaction.put(operationOf(std::move(key), std::move(value)));
}

inline void erase(core::log::Transaction& transaction, std::string key)
{
    transaction.erase(operationOf(std::move(key), std::nullopt));
}

inline core::Result<core::LogIndex> putAndWait(core::log::Store& store, std::string key, std::string value)
{
    auto transaction = store.begin();
    put(transaction, std::move(key), std::move(value));
    return store.commitAndWait(std::move(transaction));
}

/// All contents except the store's own rows.
inline Contents contentsOf(const core::storage::Reader& reader)
{
    Contents contents;
    const auto scanned = reader.scan({}, {}, [&](std::string_view key, std::string_view value) {
        if (!key.starts_with("m/") && !key.starts_with("x/")) contents.emplace(key, value);
        return true;
    });
    if (!scanned) qFatal("scan: %s", toString(scanned.error()).c_str());
    return contents;
}

/// The root of a forest built from the contents alone.
inline std::string rootOf(const Contents& contents)
{
    core::merkle::Forest forest;
    for (const auto& [key, value] : contents) {
        const auto tree = core::merkle::treeOf(key);
        if (tree.empty()) continue;
        const auto operation = operationOf(key, value);
        const core::merkle::Forest::Change change{tree, operation.keyHash, operation.leafDigest};
        forest.apply({&change, 1}, core::LogIndex{1});
    }
    return forest.root({});
}

template<class T>
T valueOf(core::Result<T> result, const char* what)
{
    if (!result) qFatal("%s: %s", what, toString(result.error()).c_str());
    return std::move(*result);
}

} // namespace testing_log
