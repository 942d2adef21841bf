#pragma once

#include "core/base/secret_bytes.h"

#include <functional>
#include <string>

namespace core::mount {

/// The body of an answer that continues until the client leaves, such as lines of the log. The sender asks it for text, and ends it when its token is
/// no longer valid. Thread-safe.
class AnswerStream {
public:
    virtual ~AnswerStream() = default;
    /// The text since the last call. Can be empty.
    virtual std::string take() = 0;
    /// `wake` is called, on any thread, when there is text after there was none. It must return at once.
    virtual void onMore(std::function<void()> wake) = 0;
    /// The token of the client.
    virtual const SecretBytes& token() const = 0;
};

} // namespace core::mount
