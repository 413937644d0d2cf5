set -e
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=true
dotnet restore --locked-mode
dotnet test -c Release --no-restore --logger "trx;LogFileName=results.trx"
dotnet publish src/Shop.Api -c Release -o publish /p:Version=1.0.${BUILDNUMBER}
