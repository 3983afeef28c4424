#include "diptych/evaluate.h"

#include "api/encoder_embedder.h"
#include "evaluate/zeroshot.h"

namespace diptych {

ZeroShotReport evaluate_zeroshot(const Encoder& encoder, const std::filesystem::path& folder,
                                 const ZeroShotOptions& options) {
  return evaluate::evaluate_zeroshot(EncoderEmbedder(encoder, options.decode), folder, options);
}

}  // namespace diptych
