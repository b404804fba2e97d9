# otpbox and nothing else. It listens for other containers, so it needs a token:
#
#   docker build -t otpbox .
#   docker run --rm -e OTPBOX_TOKEN=a-token-for-development -p 127.0.0.1:6872:6872 otpbox
#
# Arguments replace CMD, so they begin with --listen 0.0.0.0 again.

FROM golang:1.25 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /otpbox ./cmd/otpbox

FROM scratch
COPY --from=build /otpbox /otpbox
USER 65532:65532
EXPOSE 6872 6873
HEALTHCHECK --interval=5s --timeout=3s CMD ["/otpbox", "ready"]
ENTRYPOINT ["/otpbox"]
CMD ["--listen", "0.0.0.0"]
