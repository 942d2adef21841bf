#pragma once

#include "core/base/secret_bytes.h"

#include <functional>
#include <string>

namespace core::mount {

/// The body of an answer that goes on until the client leaves, such as lines of the log. The sender asks it for text, and ends it when
/// its token is not valid any more. Thread-safe.
class AnswerStream {
public:
    virtual ~AnswerStream() = default;
    /// What there is since the last call; may be empty.
    virtual std::string take() = 0;
    /// `wake` is called, on any thread, when there is something after nothing was there. It returns at once.
    virtual void onMore(std::function<void()> wake) = 0;
    /// Whose stream this is.
    virtual const SecretBytes& token() const = 0;
};

} // namespace core::mount
