#!/bin/sh
# The entry point of an image for SageMaker, which runs it with the word `serve`:
#
#   COPY examples/serve/sagemaker.sh /usr/local/bin/sagemaker.sh
#   ENTRYPOINT ["/usr/local/bin/sagemaker.sh"]
#
# /opt/ml/model holds the content of model.tar.gz, here that of a run directory. SageMaker keeps others out.
set -eu
exec forecaster serve /opt/ml/model --host 0.0.0.0 --port 8080 --without-token --timeout 50
