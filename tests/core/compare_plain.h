#pragma once

#include "core/base/result.h"
#include "core/base/strong_id.h"

#include <QtTest>

/// QCOMPARE for ids and error codes. QCOMPARE itself would print them through core::toString(), whose text is not a C string.
#define COMPARE_PLAIN(left, right) QCOMPARE(test_plain::plain(left), test_plain::plain(right))

namespace test_plain {

template<class Tag>
quint64 plain(core::StrongId<Tag> id)
{
    return id.value();
}

inline QString plain(core::ErrorCode code)
{
    const auto text = core::toString(code);
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace test_plain
